-- Puts a request to Gatehouse before HAProxy hands it on: `http-request lua.gatehouse`, see haproxy.cfg beside this file.

-- Where the listener `gatehouse` of haproxy.cfg is.
local check = { url = 'http://gatehouse/verify/forwarded', dst = 'abns@gatehouse', timeout = 6000 }

local identity = {
  'x-auth-subject', 'x-auth-user', 'x-auth-email', 'x-auth-groups', 'x-auth-roles', 'x-auth-source', 'x-auth-client',
  'x-auth-application', 'x-auth-scopes', 'x-auth-assertion', 'x-auth-mask',
}
-- Nothing else of the request is asked about.
local evidence = { 'authorization', 'dpop', 'x-api-key' }
-- What a refusal tells the caller.
local told = {
  'content-type', 'cache-control', 'www-authenticate', 'retry-after', 'x-gatehouse-reason', 'x-gatehouse-reference',
}

-- All values that a header came with, as httpclient wants them; HAProxy counts them from 0.
local function values(headers, name)
  local found = {}
  for at, value in pairs(headers[name] or {}) do found[at + 1] = value end
  return found
end

local function refuse(txn, status, headers, body)
  local reply = txn:reply({ status = status })
  for name, value in pairs(headers) do reply:add_header(name, value) end
  reply:set_body(body)
  txn:done(reply)
end

core.register_action('gatehouse', { 'http-req' }, function(txn)
  local came = txn.http:req_get_headers()
  local question = {
    ['x-forwarded-method'] = { txn.f:method() },
    ['x-forwarded-host'] = values(came, 'host'),
    ['x-forwarded-uri'] = { txn.f:pathq() },
    ['x-forwarded-proto'] = { txn:get_var('txn.scheme') },
    ['x-forwarded-for'] = { txn.f:src() },
    ['x-gatehouse-gateway'] = { txn:get_var('proc.gatehouse_gateway') },
  }
  if txn:get_var('txn.certificate') then
    question['x-gatehouse-client-cert'] = { txn:get_var('txn.certificate') }
    question['x-gatehouse-client-verify'] = { tostring(txn:get_var('txn.certificate_verify')) }
  end
  for _, name in ipairs(evidence) do
    if came[name] then question[name] = values(came, name) end
  end

  local answer = core.httpclient():get({
    url = check.url, dst = check.dst, timeout = check.timeout, headers = question,
  })

  local said = answer and answer.headers or {}
  if answer and answer.status == 200 then
    -- Each is set, empty or not: whatever the caller wrote there is gone.
    for _, name in ipairs(identity) do txn.http:req_set_header(name, values(said, name)[1] or '') end
    -- HAProxy passes over in silence what it has no room for: the API would take the caller for somebody with less.
    local set = txn.http:req_get_headers()
    for _, name in ipairs(identity) do
      if #values(set, name) ~= 1 then
        return refuse(txn, 431, { ['content-type'] = 'application/json', ['cache-control'] = 'no-store' },
          '{"error":"headers_too_long"}\n')
      end
    end
    return
  end
  -- A refusal of the broker has a reason; anything else is none of its answers.
  if answer and said['x-gatehouse-reason'] then
    local headers = {}
    for _, name in ipairs(told) do headers[name] = values(said, name)[1] end
    return refuse(txn, answer.status, headers, answer.body or '')
  end
  refuse(txn, 503, { ['content-type'] = 'application/json', ['cache-control'] = 'no-store', ['retry-after'] = '5' },
    '{"error":"temporarily_unavailable"}\n')
end)
