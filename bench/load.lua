-- For wrk: sends the stories of its thread (one file each, a line is "event body") for a number of seconds, then lets what is under way finish,
-- so that what was answered can be compared with what was stored. Arguments: path prefix of the files, address prefix, seconds.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *now); ]]
local MONOTONIC = jit.os == "OSX" and 6 or 1
local FOR_EVER = 1e8  -- milliseconds
local SPARE = 64  -- more requests than a thread has connections
local now = ffi.new("bench_time")
local threads = {}
local requests = {}
local ends_at

sent = 0
exhausted = false

function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  seconds = tonumber(arguments[3])
  local headers = { ["Content-Type"] = "application/json", ["User-Agent"] = "telecube" }
  for line in io.lines(arguments[1] .. id) do
    local event, body = line:match("^(%S+) (.*)$")
    table.insert(requests, wrk.format("POST", arguments[2] .. event, headers, body))
  end
end

local function clock()
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) / 1e9
end

function delay()
  ends_at = ends_at or clock() + seconds
  exhausted = sent > #requests - SPARE
  return (exhausted or clock() >= ends_at) and FOR_EVER or 0
end

function request()
  if not ends_at then
    return requests[1]  -- wrk only looks at it
  end
  sent = sent + 1
  return requests[sent]
end

function done(summary, latency)
  local sent_by, ran_out = {}, false
  for _, thread in ipairs(threads) do
    table.insert(sent_by, thread:get("sent"))
    ran_out = ran_out or thread:get("exhausted")
  end
  local errors = summary.errors
  io.write(string.format('\n{"sent_by": [%s], "answered": %d, "refused": %d, "broken": %d, "exhausted": %s, "p50": %f, "p99": %f}\n',
    table.concat(sent_by, ", "), summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout, ran_out,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
