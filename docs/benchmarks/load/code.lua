-- The code flow with an existing session: GET /authorize, then POST /token with the code that came back. Two requests are
-- one flow. Environment: LINES (session cookies), AUTHORIZE (path with query), TOKEN (path), BODY (without the code),
-- AUTHORIZATION, COOKIE (a pattern with %s for the line).
local cookies, next_cookie = {}, 0
for line in io.lines(os.getenv("LINES")) do cookies[#cookies + 1] = line end
local authorize, token, body = os.getenv("AUTHORIZE"), os.getenv("TOKEN"), os.getenv("BODY")
local pattern = os.getenv("COOKIE")
local form = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Authorization"] = os.getenv("AUTHORIZATION"),
}
local codes, threads = {}, {}
unexpected = 0

function setup(thread) threads[#threads + 1] = thread end

function request()
    local code = table.remove(codes)
    if code then return wrk.format("POST", token, form, body .. "&code=" .. code) end
    next_cookie = next_cookie % #cookies + 1
    return wrk.format("GET", authorize, { ["Cookie"] = string.format(pattern, cookies[next_cookie]) })
end

function response(status, headers, body)
    local location = headers["location"] or headers["Location"]
    local code = location and location:match("[?&]code=([^&]+)")
    if code then
        codes[#codes + 1] = code
    elseif status < 400 and not body:find('"id_token":"', 1, true) then
        unexpected = unexpected + 1
    end
end

function done()
    for _, thread in ipairs(threads) do io.write("Unexpected: ", thread:get("unexpected"), "\n") end
end
