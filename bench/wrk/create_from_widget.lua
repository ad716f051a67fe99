-- Visitors ask for a call: every one from an address of its own, with a number of its own, on the next of many sites.
-- wrk --script create_from_widget.lua ADDRESS TOKENS RUN    TOKENS: a file with a widget token a line; RUN: a number, makes the visitors others

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
end

function init(arguments)
  visitor, tokens = arguments[2] * 200000 + thread_number * 100000, {}
  for token in io.lines(arguments[1]) do tokens[#tokens + 1] = token end
end

function request()
  visitor = visitor + 1
  local body = string.format('{"widget_token": "%s", "autocall": {"number": "+4850%07d"}}', tokens[visitor % #tokens + 1], visitor)
  local address = string.format("%d.%d.%d.7", 11 + visitor / 65536, visitor / 256 % 256, visitor % 256)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["X-Forwarded-For"] = address}, body)
end
