-- Wrong passwords, one login page after the other. Environment: LINES (path, cookie and form of each, between tabs).
local pages, next_page = {}, 0
for line in io.lines(os.getenv("LINES")) do
    local path, cookie, form = line:match("^(.-)\t(.-)\t(.*)$")
    pages[#pages + 1] = { path = path, cookie = cookie, form = form }
end

function request()
    next_page = next_page % #pages + 1
    local page = pages[next_page]
    local headers = { ["Content-Type"] = "application/x-www-form-urlencoded", ["Cookie"] = page.cookie }
    return wrk.format("POST", page.path, headers, page.form)
end
