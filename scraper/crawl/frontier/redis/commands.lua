-- The state of a crawl in Redis, and the only code that changes it: a command is carried out as a whole or not at all.
--
-- KEYS[1]: the prefix of all keys. ARGV: the command, the name of the worker, its session, the id of the crawl, and the
-- arguments of the command.

local PREFIX, command, worker, session, crawl = KEYS[1], unpack(ARGV, 1, 4)
local call = redis.call

-- request:KEY, a request as MessagePack: url, host, data, place (priority and date as text that sorts in the order of
-- the queue), id, must (mandatory), state, tries, run, due, by (the worker that has it in flight), lost (workers that
-- died with it), failed, final, reason, story, etag, modified, checked, changed, skipped
local REQUEST = PREFIX .. 'request:'
local QUEUE = PREFIX .. 'queue:' -- HOST: its queued requests, in order
local MANDATORY_QUEUE = PREFIX .. 'must:' -- HOST: those that are mandatory
local DUE = PREFIX .. 'due' -- requests that wait for their time (seconds since the epoch)
local FAILED = PREFIX .. 'failed' -- the keys of failed requests
local SKIPPED = PREFIX .. 'skipped' -- the keys of pages without a story
local IN_FLIGHT_KEYS = PREFIX .. 'flights:' -- WORKER: the keys of its requests in flight
local IN_FLIGHT_COUNTS = PREFIX .. 'flying' -- the number of requests in flight by HOST, and by HOST WORKER
local LAST_TAKEN = PREFIX .. 'taken' -- what each worker took last, so that a lost reply can be sent again
local OPENING_TIMES = PREFIX .. 'gates' -- when each host may be contacted again
local READY_HOSTS = PREFIX .. 'ready' -- the hosts with a queue, by that time
local PACES = PREFIX .. 'paces' -- HOST: seconds between two requests, and the number in flight at the same time
local BLOCKED_HOSTS = PREFIX .. 'barred'
local HOST_FAILURES = PREFIX .. 'troubles' -- HOST: consecutive failures, and the end of its pause
local WORKERS = PREFIX .. 'workers' -- each by the time at which its lease expires
local SESSIONS = PREFIX .. 'lives' -- the latest session of each worker
local STORY = PREFIX .. 'story:' -- ID: a story as MessagePack
local STORY_KEYS = PREFIX .. 'keys' -- story by key
local BAND = PREFIX .. 'band:' -- N: stories by band, in small hashes, which Redis stores compactly
local WRITE_LOCK = PREFIX .. 'turn'
local MARKS = PREFIX .. 'marks' -- born (the id of the crawl), run, ids, open, made, damaged, and the named values

local QUEUED, IN_FLIGHT, CLOSED = 0, 1, 2
local MAX_DEATHS = 5 -- workers that may die with a request in flight before it counts as the cause
local RANK_SIZE = 34 -- bytes of a request's place and id
local BATCH = 100 -- requests that become due in one step, and hosts that are compared in one
local clock = call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local commands = {}

local function text(seconds)
  return string.format('%.6f', seconds)
end

local function mark(name)
  return tonumber(call('HGET', MARKS, name) or 0)
end

local function is_valid(request)
  return type(request) == 'table' and type(request.host) == 'string' and type(request.place) == 'string'
    and type(request.id) == 'number' and type(request.data) == 'string' and type(request.url) == 'string'
    and type(request.state) == 'number' and type(request.tries) == 'number' and type(request.due) == 'number'
end

-- Returns a request, or nil. A damaged row, or one of another program, is deleted, so that no later run meets it.
local function get(key)
  local packed = call('GET', REQUEST .. key)
  if not packed then
    return nil
  end
  local is_unpacked, request = pcall(cmsgpack.unpack, packed)
  if is_unpacked and is_valid(request) then
    return request
  end
  call('DEL', REQUEST .. key)
  call('ZREM', DUE, key)
  call('SREM', FAILED, key)
  call('SREM', SKIPPED, key)
  call('HINCRBY', MARKS, 'open', -1)
  call('HINCRBY', MARKS, 'damaged', 1)
  return nil
end

local function put(key, request)
  call('SET', REQUEST .. key, cmsgpack.pack(request))
end

local function opening_time(host)
  return tonumber(call('HGET', OPENING_TIMES, host) or 0)
end

local function close_host_until(host, time)
  if time > opening_time(host) then
    call('HSET', OPENING_TIMES, host, text(time))
    call('ZADD', READY_HOSTS, 'XX', text(time), host)
  end
end

local function queue_of(request)
  return (request.must and MANDATORY_QUEUE or QUEUE) .. request.host
end

local function queue_member(key, request)
  return request.place .. string.format('%012d', request.id) .. key -- RANK_SIZE bytes, and the key
end

local function enqueue(key, request)
  request.state = QUEUED
  if request.due > now then
    call('ZADD', DUE, text(request.due), key)
  else
    call('ZADD', queue_of(request), 0, queue_member(key, request))
    call('ZADD', READY_HOSTS, text(opening_time(request.host)), request.host)
  end
end

local function dequeue(key, request)
  call('ZREM', DUE, key)
  call('ZREM', queue_of(request), queue_member(key, request))
end

local function add_in_flight(host, name, count)
  for _, field in ipairs({ host, host .. ' ' .. name }) do
    if call('HINCRBY', IN_FLIGHT_COUNTS, field, count) <= 0 then
      call('HDEL', IN_FLIGHT_COUNTS, field)
    end
  end
end

local function end_flight(key, request)
  call('SREM', IN_FLIGHT_KEYS .. request.by, key)
  add_in_flight(request.host, request.by, -1)
  request.by = nil
end

local function close(key, request)
  request.state, request.checked = CLOSED, now
  call('HINCRBY', MARKS, 'open', -1)
  call(request.failed and 'SADD' or 'SREM', FAILED, key)
end

local function reopen(key, request)
  if request.state == CLOSED then
    call('HINCRBY', MARKS, 'open', 1)
    call('SREM', FAILED, key)
  elseif request.state == IN_FLIGHT then
    end_flight(key, request)
  else
    dequeue(key, request)
  end
end

-- Queues again what a worker has in flight, and removes the worker.
local function remove_worker(name, has_died)
  for _, key in ipairs(call('SMEMBERS', IN_FLIGHT_KEYS .. name)) do
    local request = get(key)
    if request and request.by then
      end_flight(key, request)
      request.lost = (request.lost or 0) + (has_died and 1 or 0)
      if request.lost < MAX_DEATHS then
        enqueue(key, request)
      else
        request.lost, request.failed, request.final, request.reason = 0, true, false, 'its workers died'
        close(key, request)
      end
      put(key, request)
    else
      call('SREM', IN_FLIGHT_KEYS .. name, key)
    end
  end
  call('ZREM', WORKERS, name)
  call('HDEL', LAST_TAKEN, name)
end

local function expire_workers()
  for _, name in ipairs(call('ZRANGEBYSCORE', WORKERS, '-inf', '(' .. text(now))) do
    if name ~= worker then -- the sender of a command is alive, however late its heartbeat is
      remove_worker(name, true)
    end
  end
end

local function promote_due()
  for _, key in ipairs(call('ZRANGEBYSCORE', DUE, '-inf', text(now), 'LIMIT', 0, BATCH)) do
    local request = get(key)
    call('ZREM', DUE, key)
    if request then
      enqueue(key, request)
      put(key, request)
    end
  end
end

local function head(queue)
  return call('ZRANGE', queue, 0, 0)[1]
end

-- Returns the first request of a host, and its queue.
local function first_of_host(host, mandatory)
  local best, queue = head(MANDATORY_QUEUE .. host), MANDATORY_QUEUE .. host
  local other = not mandatory and head(QUEUE .. host)
  if other and (not best or other < best) then
    best, queue = other, QUEUE .. host
  end
  return best, queue
end

-- Returns delay and concurrency of a host; nil for a host that no worker has reported.
local function pace_of(host)
  return (call('HGET', PACES, host) or ''):match('(%S+) (%S+)')
end

local function delay_of(host, default)
  return tonumber(pace_of(host) or default)
end

-- Returns whether one more request of a host may be in flight: `limit` at most, of which each worker has its share.
-- Before the first response nobody knows what the host allows, and the limit is one.
local function has_capacity(host, limit)
  local _, concurrency = pace_of(host)
  limit = math.min(tonumber(limit), tonumber(concurrency or 1))
  local share = math.ceil(limit / math.max(call('ZCARD', WORKERS), 1))
  local all, own = unpack(call('HMGET', IN_FLIGHT_COUNTS, host, host .. ' ' .. worker))
  return tonumber(all or 0) < limit and tonumber(own or 0) < share
end

local function is_blocked(host)
  return call('SISMEMBER', BLOCKED_HOSTS, host) == 1
end

-- Returns the first request of the hosts that may be contacted now, and its queue. The hosts are compared a batch at a
-- time, those first that have been open for longest, so that thousands of them cost no more than a hundred.
local function first_ready(mandatory, limit)
  local best, queue
  local offset = 0
  repeat
    local hosts = call('ZRANGEBYSCORE', READY_HOSTS, '-inf', text(now), 'LIMIT', offset, BATCH)
    for _, host in ipairs(hosts) do
      local candidate, origin = first_of_host(host, mandatory)
      if not candidate and not first_of_host(host, false) then
        call('ZREM', READY_HOSTS, host)
        offset = offset - 1
      elseif candidate and (not best or candidate < best) and has_capacity(host, limit) and not is_blocked(host) then
        best, queue = candidate, origin
      end
    end
    offset = offset + #hosts
  until best or #hosts < BATCH
  return best, queue
end

-- Adds a worker; what it had in flight in an earlier session is queued again. Returns the id of the crawl, and the
-- number of other workers.
function commands.join(new_crawl, lease)
  call('HSETNX', MARKS, 'born', new_crawl)
  expire_workers()
  remove_worker(worker, false)
  local others = call('ZCARD', WORKERS)
  if others == 0 then
    call('HINCRBY', MARKS, 'run', 1)
    call('HSET', MARKS, 'made', 0)
    call('DEL', BLOCKED_HOSTS, HOST_FAILURES, IN_FLIGHT_COUNTS, OPENING_TIMES)
    call('ZUNIONSTORE', READY_HOSTS, 1, READY_HOSTS, 'WEIGHTS', 0)
  end
  call('HSET', SESSIONS, worker, session)
  call('ZADD', WORKERS, text(now + lease), worker)
  return { call('HGET', MARKS, 'born'), others }
end

function commands.leave()
  remove_worker(worker, false)
  call('HDEL', SESSIONS, worker)
end

function commands.heartbeat(lease)
  call('ZADD', WORKERS, text(now + lease), worker)
end

-- A worker reports what it has in flight. What only Redis has as in flight is queued again. Returns what only the
-- worker has: it belongs to another worker by now, or Redis has lost that it was taken.
function commands.reconcile(...)
  local reported, foreign = {}, {}
  for _, key in ipairs({ ... }) do
    reported[key] = true
    if call('SISMEMBER', IN_FLIGHT_KEYS .. worker, key) == 0 then
      foreign[#foreign + 1] = key
    end
  end
  for _, key in ipairs(call('SMEMBERS', IN_FLIGHT_KEYS .. worker)) do
    local request = not reported[key] and get(key)
    if request and request.by then
      end_flight(key, request)
      enqueue(key, request)
      put(key, request)
    end
  end
  return foreign
end

function commands.pop_damaged_count()
  local count = mark('damaged')
  call('HDEL', MARKS, 'damaged')
  return count
end

function commands.pending_count()
  return mark('open')
end

function commands.add_sent(count)
  return call('HINCRBY', MARKS, 'made', count)
end

function commands.add(key, url, host, place, must, data)
  if call('EXISTS', REQUEST .. key) == 1 then
    return 0
  end
  local id = call('HINCRBY', MARKS, 'ids', 1)
  local request = {
    url = url, host = host, place = place, id = id, must = must == '1', data = data, tries = 0, due = 0,
  }
  enqueue(key, request)
  put(key, request)
  call('HINCRBY', MARKS, 'open', 1)
  return 1
end

-- Returns 1 if the request was not queued already. The next attempt of a request that belongs to another worker by now
-- is left to that worker.
function commands.requeue(key, data, tries, wait)
  local request = get(key)
  if not request then
    return 0
  end
  tries = tonumber(tries)
  local is_foreign = request.state == CLOSED or (request.by and request.by ~= worker)
  if tries > 0 and is_foreign then
    return 0
  end
  local state = request.state
  reopen(key, request)
  request.data, request.due, request.tries = data, tonumber(wait) > 0 and now + wait or 0, tries
  request.run = tonumber(call('HGET', MARKS, 'run'))
  if tries == 0 then
    request.etag, request.modified, request.must = nil, nil, true
  end
  enqueue(key, request)
  put(key, request)
  return state == QUEUED and 0 or 1
end

local function requeue_closed(key, request)
  reopen(key, request)
  request.due, request.tries = 0, 0
  enqueue(key, request)
  put(key, request)
end

function commands.refresh(key, since)
  local request = get(key)
  if not request or request.state ~= CLOSED or request.checked >= tonumber(since) then
    return 0
  end
  requeue_closed(key, request)
  return 1
end

-- Queues those of some requests that the next round requests again; see `RequestQueue.start_round`.
function commands.start_round(shortest, longest, ...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.state == CLOSED and not request.must and not request.final then
      local unchanged = request.checked - (request.changed or request.checked)
      local wait = math.min(math.max(unchanged, tonumber(shortest)), tonumber(longest))
      if request.failed or not request.story or request.checked > now + shortest or now - request.checked >= wait then
        requeue_closed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

-- Queues those of some requests whose stories are no longer in the index.
function commands.requeue_lost(...)
  local count = 0
  for _, key in ipairs({ ... }) do
    local request = get(key)
    if request and request.story and request.state == CLOSED then
      if call('EXISTS', STORY .. request.story) == 0 then
        request.story, request.etag, request.modified = nil, nil, nil
        requeue_closed(key, request)
        count = count + 1
      end
    end
  end
  return count
end

-- Moves the next request from its queue to those in flight. Returns its key and the request; nil if there is none.
local function start_flight(mandatory, limit, delay)
  local key, request
  repeat
    local best, queue = first_ready(mandatory, limit)
    if not best then
      return nil
    end
    key = best:sub(RANK_SIZE + 1)
    request = get(key)
    call('ZREM', queue, best)
  until request
  request.state, request.by = IN_FLIGHT, worker
  local run = tonumber(call('HGET', MARKS, 'run'))
  if request.run ~= run then
    request.run, request.tries = run, 0
  end
  put(key, request)
  call('SADD', IN_FLIGHT_KEYS .. worker, key)
  add_in_flight(request.host, worker, 1)
  close_host_until(request.host, now + delay_of(request.host, delay))
  return key, request
end

-- `number` tells a new call from one whose reply was lost.
function commands.take(must, limit, delay, number)
  local last = call('HGET', LAST_TAKEN, worker)
  local key = last and last:match('^' .. number .. ':(.*)$')
  local request = key and get(key)
  if not key then
    expire_workers()
    promote_due()
    key, request = start_flight(must == '1', limit, delay)
    if key then
      call('HSET', LAST_TAKEN, worker, number .. ':' .. key)
    end
  end
  if not request then
    return nil
  end
  return { key, request.data, request.tries, request.etag or false, request.modified or false }
end

-- Returns the seconds until there may be a request to take; nil for never. What other workers have in flight may lead
-- to more requests at any time: they are polled for.
function commands.next_due(must, limit, poll)
  local wait
  local function consider(seconds)
    wait = math.min(wait or seconds, math.max(seconds, 0))
  end
  local hosts = call('ZRANGE', READY_HOSTS, 0, -1, 'WITHSCORES')
  for index = 1, #hosts, 2 do
    local host, opening = hosts[index], tonumber(hosts[index + 1]) - now
    if wait and wait <= opening then
      break
    end
    if not is_blocked(host) and first_of_host(host, must == '1') then
      consider(has_capacity(host, limit) and opening or tonumber(poll))
    end
  end
  local waiting = call('ZRANGE', DUE, 0, call('EXISTS', BLOCKED_HOSTS) == 1 and -1 or 0, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local request = get(waiting[index])
    if request and not is_blocked(request.host) then
      consider(tonumber(waiting[index + 1]) - now)
      break
    end
  end
  for _, name in ipairs(call('ZRANGE', WORKERS, 0, -1)) do
    if name ~= worker and call('EXISTS', IN_FLIGHT_KEYS .. name) == 1 then
      consider(tonumber(poll))
    end
  end
  return wait and text(wait)
end

-- Returns a request that this worker has in flight; nil if it belongs to another worker by now.
local function own_flight(key)
  local request = get(key)
  return request and request.state == IN_FLIGHT and request.by == worker and request or nil
end

-- `latency` is the time from the request to its response: it may have been sent some time after it was taken.
function commands.finish(key, reason, failed, final, complete, etag, modified, latency, delay, skipped)
  local request = own_flight(key)
  if not request then
    return 0
  end
  end_flight(key, request)
  request.reason, request.failed, request.final, request.lost = reason, failed == '1', final == '1', nil
  if complete == '1' then
    request.etag, request.modified = etag ~= '' and etag or nil, modified ~= '' and modified or nil
    request.changed = request.changed or now
    request.skipped = skipped ~= '' and skipped or nil
    call(request.skipped and 'SADD' or 'SREM', SKIPPED, key)
  end
  if latency ~= '' then
    close_host_until(request.host, now - latency + delay_of(request.host, delay))
  end
  close(key, request)
  put(key, request)
  return 1
end

-- Ends the flight of a request that was not sent: its host may be contacted at once.
local function cancel_flight(key)
  local request = own_flight(key)
  if not request then
    return nil
  end
  end_flight(key, request)
  call('HSET', OPENING_TIMES, request.host, text(now))
  call('ZADD', READY_HOSTS, 'XX', text(now), request.host)
  return request
end

function commands.release(key, reason)
  local request = cancel_flight(key)
  if request then
    request.reason, request.failed, request.final = reason, false, false
    close(key, request)
    put(key, request)
  end
end

function commands.postpone(key, priority, data)
  local request = cancel_flight(key)
  if request then
    request.place, request.data = priority .. request.place:sub(#priority + 1), data
    enqueue(key, request)
    put(key, request)
  end
end

function commands.record_story(key, story, is_new)
  local request = get(key)
  if request and request.by == worker then
    request.story = story
    request.changed = is_new == '1' and now or request.changed
    put(key, request)
  end
end

function commands.pause_host(host, seconds)
  close_host_until(host, now + seconds)
end

-- Returns 1 if the host was not blocked already.
function commands.block_host(host)
  return call('SADD', BLOCKED_HOSTS, host)
end

function commands.any_blocked()
  return call('EXISTS', BLOCKED_HOSTS)
end

function commands.host_failures(host)
  local count, until_time = (call('HGET', HOST_FAILURES, host) or ''):match('(%S+) (%S+)')
  return count and { count, text(until_time - now) }
end

function commands.set_host_failures(host, count, seconds)
  call('HSET', HOST_FAILURES, host, count .. ' ' .. text(now + seconds))
end

function commands.set_pace(host, delay, concurrency)
  call('HSET', PACES, host, delay .. ' ' .. concurrency)
end

local function add_story_key(key, id)
  local owner = call('HGET', STORY_KEYS, key)
  if not owner or call('EXISTS', STORY .. owner) == 0 then -- the owner may be forgotten
    call('HSET', STORY_KEYS, key, id)
  end
end

local function add_band(band, id)
  local hash = BAND .. band:sub(-5)
  local ids = call('HGET', hash, band)
  if not ids then
    call('HSET', hash, band, id)
  elseif not ids:find(id, 1, true) then
    call('HSET', hash, band, ids .. ' ' .. id)
  end
end

-- Stores a story, its keys and bands (the first `key_count` of the rest are keys), and a mark. Returns 0 if another
-- worker holds the write lock now.
function commands.remember(token, id, packed, mark_name, mark_value, key_count, ...)
  if token ~= '' and call('GET', WRITE_LOCK) ~= token then
    -- It may be done already, and only the reply was lost.
    local is_marked = mark_name == '' or call('HGET', MARKS, mark_name) == mark_value
    return is_marked and call('GET', STORY .. id) == packed and 1 or 0
  end
  call('SET', STORY .. id, packed)
  for index, value in ipairs({ ... }) do
    if index <= tonumber(key_count) then
      add_story_key(value, id)
    else
      add_band(value, id)
    end
  end
  if mark_name ~= '' then
    call('HSET', MARKS, mark_name, mark_value)
  end
  return 1
end

function commands.release_lock(token)
  if call('GET', WRITE_LOCK) == token then
    call('DEL', WRITE_LOCK)
  end
end

if command ~= 'join' and command ~= 'release_lock' then -- these need no crawl that is known
  if call('HGET', MARKS, 'born') ~= crawl then
    return redis.error_reply('FORGOTTEN')
  end
  if (call('HGET', SESSIONS, worker) or session) ~= session then
    return redis.error_reply('REPLACED')
  end
end
return commands[command](unpack(ARGV, 5))
