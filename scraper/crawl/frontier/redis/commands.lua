-- The shared ledger as Redis keeps it, and the only code that changes it: each command is done whole, or not at all.
--
-- KEYS[1]: the prefix of all keys. ARGV: the command, the worker, its life, the birth mark of the ledger, what the
-- command takes.
--
-- request:KEY   a request, as MessagePack: url, host, data, place, id, must, state, tries, run, due, by, lost, failed,
--               final, reason, story, etag, modified, checked, changed, skipped
-- queue:HOST    its requests that may be made, in order; must:HOST those that must be
-- due           requests that wait for their time (seconds of the epoch)
-- gates         when each host may be asked again;  ready: the hosts that have a queue, by that time
-- paces         seconds between two requests to a host, and how many may be under way;  troubles: its `Trouble`
-- flying        how many requests of a host are under way, in all and of each worker;  flights:WORKER which ones are a worker's
-- workers       each with the time at which it is taken for dead;  lives: the life that each is in
-- barred        hosts given up
-- taken         what each worker was given last, so that an answer that was lost can be given again
-- failed        requests that came to nothing;  skipped: those whose pages held no story
-- story:ID      what is remembered of a record, as MessagePack;  keys: story by key;  band:N: stories by band, in
--               small hashes, which Redis packs tightly
-- marks         born, run, ids, open, made, and those of the crawl

local P, command, worker, life, born = KEYS[1], unpack(ARGV, 1, 4)
local call = redis.call
local QUEUED, IN_FLIGHT, CLOSED = 0, 1, 2
local DEATHS = 5 -- workers that may die over a request before it is taken for the cause
local ORDER = 34 -- bytes of a request's place and id
local BATCH = 100 -- requests that come due in one step, and hosts that are compared in one
local clock = call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local commands = {}

local function text(seconds)
  return string.format('%.6f', seconds)
end

-- A row that somebody else has made or damaged is none; it is removed, so that no later run meets it.
local function get(key)
  local packed = call('GET', P .. 'request:' .. key)
  if not packed then
    return nil
  end
  local good, request = pcall(cmsgpack.unpack, packed)
  if good and type(request) == 'table' and type(request.host) == 'string' and type(request.place) == 'string'
    and type(request.id) == 'number' and type(request.data) == 'string' and type(request.url) == 'string'
    and type(request.state) == 'number' and type(request.tries) == 'number' and type(request.due) == 'number' then
    return request
  end
  call('DEL', P .. 'request:' .. key)
  call('ZREM', P .. 'due', key)
  call('SREM', P .. 'failed', key)
  call('SREM', P .. 'skipped', key)
  call('HINCRBY', P .. 'marks', 'open', -1)
  call('HINCRBY', P .. 'marks', 'damaged', 1)
  return nil
end

local function put(key, request)
  call('SET', P .. 'request:' .. key, cmsgpack.pack(request))
end

local function opens(host)
  return tonumber(call('HGET', P .. 'gates', host) or 0)
end

local function shut(host, till)
  if till > opens(host) then
    call('HSET', P .. 'gates', host, text(till))
    call('ZADD', P .. 'ready', 'XX', text(till), host)
  end
end

local function queue(request)
  return P .. (request.must and 'must:' or 'queue:') .. request.host
end

local function member(key, request)
  return request.place .. string.format('%012d', request.id) .. key -- ORDER bytes, and the key
end

local function enqueue(key, request)
  request.state = QUEUED
  if request.due > now then
    call('ZADD', P .. 'due', text(request.due), key)
  else
    call('ZADD', queue(request), 0, member(key, request))
    call('ZADD', P .. 'ready', text(opens(request.host)), request.host)
  end
end

local function unqueue(key, request)
  call('ZREM', P .. 'due', key)
  call('ZREM', queue(request), member(key, request))
end

-- Counts a request of a host that a worker takes (1) or lets go of (-1).
local function fly(host, name, count)
  for _, field in ipairs({ host, host .. ' ' .. name }) do
    if call('HINCRBY', P .. 'flying', field, count) <= 0 then
      call('HDEL', P .. 'flying', field)
    end
  end
end

local function land(key, request)
  call('SREM', P .. 'flights:' .. request.by, key)
  fly(request.host, request.by, -1)
  request.by = nil
end

local function close(key, request)
  request.state, request.checked = CLOSED, now
  call('HINCRBY', P .. 'marks', 'open', -1)
  call(request.failed and 'SADD' or 'SREM', P .. 'failed', key)
end

local function reopen(key, request)
  if request.state == CLOSED then
    call('HINCRBY', P .. 'marks', 'open', 1)
    call('SREM', P .. 'failed', key)
  elseif request.state == IN_FLIGHT then
    land(key, request)
  else
    unqueue(key, request)
  end
end

-- What a worker had under way is queued again.
local function requeue_owned(name, died)
  for _, key in ipairs(call('SMEMBERS', P .. 'flights:' .. name)) do
    local request = get(key)
    if request and request.by then
      land(key, request)
      request.lost = (request.lost or 0) + (died and 1 or 0)
      if request.lost < DEATHS then
        enqueue(key, request)
      else
        request.lost, request.failed, request.final, request.reason = 0, true, false, 'its workers died'
        close(key, request)
      end
      put(key, request)
    else
      call('SREM', P .. 'flights:' .. name, key)
    end
  end
  call('ZREM', P .. 'workers', name)
  call('HDEL', P .. 'taken', name)
end

local function expire_workers()
  for _, name in ipairs(call('ZRANGEBYSCORE', P .. 'workers', '-inf', '(' .. text(now))) do
    if name ~= worker then -- who asks is alive, however long it was not heard of
      requeue_owned(name, true)
    end
  end
end

local function promote_due()
  for _, key in ipairs(call('ZRANGEBYSCORE', P .. 'due', '-inf', text(now), 'LIMIT', 0, BATCH)) do
    local request = get(key)
    call('ZREM', P .. 'due', key)
    if request then
      enqueue(key, request)
      put(key, request)
    end
  end
end

local function head(name)
  return call('ZRANGE', name, 0, 0)[1]
end

-- The first request of a host, and the queue it stands in.
local function first(host, must)
  local needed, wanted = P .. 'must:' .. host, P .. 'queue:' .. host
  local best, from = head(needed), needed
  local other = not must and head(wanted)
  if other and (not best or other < best) then
    best, from = other, wanted
  end
  return best, from
end

local function pace(host)
  return (call('HGET', P .. 'paces', host) or ''):match('(%S+) (%S+)')
end

local function pause(host, delay)
  return tonumber(pace(host) or delay)
end

-- Whether one more request of a host may be under way: `cap` at most, of which each worker has its share. Until one was
-- answered nobody knows what the host asks for, and one is enough.
local function free(host, cap)
  local _, told = pace(host)
  cap = math.min(tonumber(cap), tonumber(told or 1))
  local share = math.ceil(cap / math.max(call('ZCARD', P .. 'workers'), 1))
  local all, own = unpack(call('HMGET', P .. 'flying', host, host .. ' ' .. worker))
  return tonumber(all or 0) < cap and tonumber(own or 0) < share
end

local function barred(host)
  return call('SISMEMBER', P .. 'barred', host) == 1
end

-- The first request of the hosts that may be asked now, and the queue it stands in. The hosts are compared a batch at a
-- time, those first that could be asked for longest, so that thousands of them cost no more than a hundred.
local function foremost(must, cap)
  local best, from
  local past = 0
  repeat
    local hosts = call('ZRANGEBYSCORE', P .. 'ready', '-inf', text(now), 'LIMIT', past, BATCH)
    for _, host in ipairs(hosts) do
      local found, name = first(host, must)
      if not found and not first(host, false) then
        call('ZREM', P .. 'ready', host)
        past = past - 1
      elseif found and (not best or found < best) and free(host, cap) and not barred(host) then
        best, from = found, name
      end
    end
    past = past + #hosts
  until best or #hosts < BATCH
  return best, from
end

-- A worker comes; what it had under way in an earlier life is queued again. Gives the birth mark, whether others are
-- at work, and how many requests are open.
function commands.open(mark, lease)
  call('HSETNX', P .. 'marks', 'born', mark)
  expire_workers()
  requeue_owned(worker, false)
  local others = call('ZCARD', P .. 'workers')
  if others == 0 then
    call('HINCRBY', P .. 'marks', 'run', 1)
    call('HSET', P .. 'marks', 'made', 0)
    call('DEL', P .. 'barred', P .. 'troubles', P .. 'flying', P .. 'gates')
    call('ZUNIONSTORE', P .. 'ready', 1, P .. 'ready', 'WEIGHTS', 0)
  end
  call('HSET', P .. 'lives', worker, life)
  call('ZADD', P .. 'workers', text(now + lease), worker)
  return { call('HGET', P .. 'marks', 'born'), others, tonumber(call('HGET', P .. 'marks', 'open') or 0) }
end

-- How many damaged rows were dropped since the last call.
function commands.damaged()
  local number = tonumber(call('HGET', P .. 'marks', 'damaged') or 0)
  call('HDEL', P .. 'marks', 'damaged')
  return number
end

function commands.beat(lease)
  call('ZADD', P .. 'workers', text(now + lease), worker)
end

-- A worker tells what it has under way. What only Redis thinks it has is queued again; what only the worker thinks it has
-- is given back: it is another's meanwhile, or Redis has lost that it was taken.
function commands.agree(...)
  local own, others = {}, {}
  for _, key in ipairs({ ... }) do
    own[key] = true
    if call('SISMEMBER', P .. 'flights:' .. worker, key) == 0 then
      others[#others + 1] = key
    end
  end
  for _, key in ipairs(call('SMEMBERS', P .. 'flights:' .. worker)) do
    local request = not own[key] and get(key)
    if request and request.by then
      land(key, request)
      enqueue(key, request)
      put(key, request)
    end
  end
  return others
end

function commands.leave()
  requeue_owned(worker, false)
  call('HDEL', P .. 'lives', worker)
end

function commands.left()
  return tonumber(call('HGET', P .. 'marks', 'open') or 0)
end

function commands.add(key, url, host, place, must, data)
  if call('EXISTS', P .. 'request:' .. key) == 1 then
    return 0
  end
  local id = call('HINCRBY', P .. 'marks', 'ids', 1)
  local request = { url = url, host = host, place = place, id = id, must = must == '1', data = data, tries = 0, due = 0 }
  enqueue(key, request)
  put(key, request)
  call('HINCRBY', P .. 'marks', 'open', 1)
  return 1
end

-- Gives 1 where the request was not queued already. The next try of what was given to another is that one's.
function commands.requeue(key, data, tries, wait)
  local request = get(key)
  if not request then
    return 0
  end
  tries = tonumber(tries)
  local theirs = request.state == CLOSED or (request.by and request.by ~= worker)
  if tries > 0 and theirs then
    return 0
  end
  local was = request.state
  reopen(key, request)
  request.data, request.due, request.tries = data, tonumber(wait) > 0 and now + wait or 0, tries
  request.run = tonumber(call('HGET', P .. 'marks', 'run'))
  if tries == 0 then
    request.etag, request.modified, request.must = nil, nil, true
  end
  enqueue(key, request)
  put(key, request)
  return was == QUEUED and 0 or 1
end

local function renewed(key, request)
  reopen(key, request)
  request.due, request.tries = 0, 0
  enqueue(key, request)
  put(key, request)
end

function commands.renew(key, since)
  local request = get(key)
  if not request or request.state ~= CLOSED or request.checked >= tonumber(since) then
    return 0
  end
  renewed(key, request)
  return 1
end

-- Of these requests those that the next round asks for again; a story when it has stood as long as at the last look.
function commands.again(shortest, longest, ...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.state == CLOSED and not request.must and not request.final then
      local stood = request.checked - (request.changed or request.checked)
      local wait = math.min(math.max(stood, tonumber(shortest)), tonumber(longest))
      if request.failed or not request.story or request.checked > now + shortest or now - request.checked >= wait then
        renewed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

-- Of these requests those whose stories are not known any more.
function commands.lose(...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.story and request.state == CLOSED then
      if call('EXISTS', P .. 'story:' .. request.story) == 0 then
        request.story, request.etag, request.modified = nil, nil, nil
        renewed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

function commands.take(must, cap, delay, number)
  local last = call('HGET', P .. 'taken', worker)
  local key = last and last:match('^' .. number .. ':(.*)$')
  local request = key and get(key)
  if not key then
    expire_workers()
    promote_due()
    repeat
      local best, from = foremost(must == '1', cap)
      if not best then
        return nil
      end
      key = best:sub(ORDER + 1)
      request = get(key)
      call('ZREM', from, best)
    until request
    request.state, request.by = IN_FLIGHT, worker
    local run = tonumber(call('HGET', P .. 'marks', 'run'))
    if request.run ~= run then
      request.run, request.tries = run, 0
    end
    put(key, request)
    call('SADD', P .. 'flights:' .. worker, key)
    fly(request.host, worker, 1)
    shut(request.host, now + pause(request.host, delay))
    call('HSET', P .. 'taken', worker, number .. ':' .. key)
  end
  if not request then
    return nil
  end
  return { key, request.data, request.tries, request.etag or false, request.modified or false }
end

-- Seconds until there may be something to take; nil for never. What others have under way may bring more any time.
function commands.due(must, cap, patience)
  local wait
  local function sooner(seconds)
    wait = math.min(wait or seconds, math.max(seconds, 0))
  end
  local hosts = call('ZRANGE', P .. 'ready', 0, -1, 'WITHSCORES')
  for index = 1, #hosts, 2 do
    local host, opening = hosts[index], tonumber(hosts[index + 1]) - now
    if wait and wait <= opening then
      break
    end
    if not barred(host) and first(host, must == '1') then
      sooner(free(host, cap) and opening or tonumber(patience))
    end
  end
  local waiting = call('ZRANGE', P .. 'due', 0, call('EXISTS', P .. 'barred') == 1 and -1 or 0, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local request = get(waiting[index])
    if request and not barred(request.host) then
      sooner(tonumber(waiting[index + 1]) - now)
      break
    end
  end
  for _, name in ipairs(call('ZRANGE', P .. 'workers', 0, -1)) do
    if name ~= worker and call('EXISTS', P .. 'flights:' .. name) == 1 then
      sooner(tonumber(patience))
    end
  end
  return wait and text(wait)
end

-- `latency` is the time from the request to its answer: it may have gone out some time after it was taken.
function commands.finish(key, reason, failed, final, whole, etag, modified, latency, delay, skipped)
  local request = get(key)
  if not request or request.state ~= IN_FLIGHT or request.by ~= worker then
    return 0
  end
  land(key, request)
  request.reason, request.failed, request.final, request.lost = reason, failed == '1', final == '1', nil
  if whole == '1' then
    request.etag, request.modified = etag ~= '' and etag or nil, modified ~= '' and modified or nil
    request.changed = request.changed or now
    request.skipped = skipped ~= '' and skipped or nil
    call(request.skipped and 'SADD' or 'SREM', P .. 'skipped', key)
  end
  if latency ~= '' then
    shut(request.host, now - latency + pause(request.host, delay))
  end
  close(key, request)
  put(key, request)
  return 1
end

-- A request that was taken and is not made: its host may be asked at once.
local function untaken(key)
  local request = get(key)
  if not request or request.state ~= IN_FLIGHT or request.by ~= worker then
    return nil
  end
  land(key, request)
  call('HSET', P .. 'gates', request.host, text(now))
  call('ZADD', P .. 'ready', 'XX', text(now), request.host)
  return request
end

function commands.spare(key, reason)
  local request = untaken(key)
  if request then
    request.reason, request.failed, request.final = reason, false, false
    close(key, request)
    put(key, request)
  end
end

function commands.postpone(key, late, data)
  local request = untaken(key)
  if request then
    request.place, request.data = late .. request.place:sub(#late + 1), data
    enqueue(key, request)
    put(key, request)
  end
end

function commands.gave(key, story, news)
  local request = get(key)
  if request and request.by == worker then
    request.story = story
    request.changed = news == '1' and now or request.changed
    put(key, request)
  end
end

function commands.rest(host, seconds)
  shut(host, now + seconds)
end

function commands.trouble(host)
  local failures, till = (call('HGET', P .. 'troubles', host) or ''):match('(%S+) (%S+)')
  return failures and { failures, text(till - now) }
end

function commands.set_trouble(host, failures, seconds)
  call('HSET', P .. 'troubles', host, failures .. ' ' .. text(now + seconds))
end

function commands.pace(host, seconds, cap)
  call('HSET', P .. 'paces', host, seconds .. ' ' .. cap)
end

function commands.bar(host)
  call('SADD', P .. 'barred', host)
end

function commands.given_up()
  return call('EXISTS', P .. 'barred')
end

function commands.made(count)
  return call('HINCRBY', P .. 'marks', 'made', count)
end

-- Gives 0 where the turn to write has passed to another meanwhile.
function commands.remember(token, id, packed, name, size, count, ...)
  if token ~= '' and call('GET', P .. 'turn') ~= token then
    -- What was done, but whose answer was lost on its way, is told again.
    local noted = name == '' or call('HGET', P .. 'marks', name) == size
    return noted and call('GET', P .. 'story:' .. id) == packed and 1 or 0
  end
  local rest = { ... }
  call('SET', P .. 'story:' .. id, packed)
  for index = 1, tonumber(count) do
    local holder = call('HGET', P .. 'keys', rest[index])
    if not holder or call('EXISTS', P .. 'story:' .. holder) == 0 then -- which may be forgotten
      call('HSET', P .. 'keys', rest[index], id)
    end
  end
  for index = count + 1, #rest do
    local room, band = P .. 'band:' .. rest[index]:sub(-5), rest[index]
    local there = call('HGET', room, band)
    if not there then
      call('HSET', room, band, id)
    elseif not there:find(id, 1, true) then
      call('HSET', room, band, there .. ' ' .. id)
    end
  end
  if name ~= '' then
    call('HSET', P .. 'marks', name, size)
  end
  return 1
end

function commands.yield(token)
  if call('GET', P .. 'turn') == token then
    call('DEL', P .. 'turn')
  end
end

if command ~= 'open' and command ~= 'yield' then -- which everyone may do
  if call('HGET', P .. 'marks', 'born') ~= born then
    return redis.error_reply('FORGOTTEN')
  end
  if (call('HGET', P .. 'lives', worker) or life) ~= life then
    return redis.error_reply('REPLACED')
  end
end
return commands[command](unpack(ARGV, 5))
