-- SPDX-License-Identifier: MIT
-- lua one-queue.lua [QUEUE]: one queue, every second.  Package lua-socket.
local socket, queue = require("socket"), arg[1] or "sales"
local ask = { "HMGET", "ccmon:v1:{" .. (os.getenv("SITE") or "main") .. "}:queue:" .. queue, "updated_epoch_ms",
	"waiting_count", "oldest_wait_seconds", "sl_ratio_15m", "sl_n_15m", "status" }
local redis = assert(socket.connect("127.0.0.1", os.getenv("REDIS_PORT") or 6379))
local function figure(form, x) return x == x and form:format(x) or "-" end	-- NaN is not itself
local function number(text) return text == "NaN" and 0 / 0 or tonumber(text) end
while true do
	redis:send("*" .. #ask .. "\r\n")
	for _, word in ipairs(ask) do redis:send("$" .. #word .. "\r\n" .. word .. "\r\n") end
	local head, v = assert(redis:receive()), {}
	assert(head == "*6", head)
	for i = 1, 6 do v[i] = redis:receive() ~= "$-1" and redis:receive() or "NaN" end	-- after its length
	if not (socket.gettime() - number(v[1]) / 1000 < 15) then print(queue .. ": no news")
	else print(("%s: %s waiting, longest %s, service level %s of %s, %s"):format(queue, v[2],
		figure("%.0f s", math.floor(number(v[3]))), figure("%.1f %%", number(v[4]) * 100), v[5], v[6])) end
	io.flush()
	socket.sleep(1)
end
