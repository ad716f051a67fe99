-- Posts the deliveries of one call after the other, as a provider does: no two requests are the same.
-- wrk --script webhooks.lua ADDRESS STORY RUN    STORY: a file with one body a line; RUN: makes the calls of this run its own

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

function init(arguments)
  run, story, count = arguments[2], {}, 0
  for body in io.lines(arguments[1]) do story[#story + 1] = body end
end

function request()
  local call = math.floor(count / #story)
  local body = story[count % #story + 1]
  count = count + 1
  body = body:gsub("@CALL@", run .. "-" .. thread_number .. "-" .. call):gsub("@CALLER@", string.format("%06d", call % 1000000))
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
