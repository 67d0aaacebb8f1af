'use strict'
// Drives plain JavaScript stores on a real heap with a trace, and prints what they held at every minute, as JSON that
// `simulator replay --against` reads. record.py runs it:
//
//   node --expose-gc --no-opt --no-sparkplug --no-flush-bytecode drive.js trace.csv '{"horizonMs": …, …}'
//
// A re-implementation of the modelled system's rules, written from their description: Maps, lru-cache (npm install in
// tools/measure-node), promises, base64. The state of a session and a job are tools/measure-node's.

const fs = require('fs')
const path = require('path')
const TOOL = path.join(__dirname, '../../../tools/measure-node')
const { State, Job } = require(path.join(TOOL, 'stores.js'))

const EPOCH = 1.7e12
const MINUTE = 60000
let now = 0
Object.defineProperty(globalThis, 'performance', { value: { now: () => now + 1 }, configurable: true })
const { LRUCache } = require(require.resolve('lru-cache', { paths: [TOOL] }))
const options = JSON.parse(process.argv[3])

// Strings from lengths: the same id is the same text.

const scramble = (n) => {
  n = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b)
  n = Math.imul(n ^ (n >>> 13), 0xc2b2ae35)
  return (n ^ (n >>> 16)) >>> 0
}
const number = (id) => Number(id.slice(1))
function textOf (id, chars, spaces, twoByte) {
  const bytes = Buffer.alloc(chars * (twoByte ? 2 : 1))
  for (let i = 0; i < chars; i++) {
    const drawn = scramble(number(id) * 131 + i)
    if (twoByte) bytes.writeUInt16LE(0x4e00 + (drawn % 5000), 2 * i)
    else bytes[i] = 97 + (drawn % 26)
  }
  const every = Math.floor(chars / (spaces + 1))
  for (let i = 1; i <= spaces && !twoByte; i++) bytes[i * every] = 32
  return bytes.toString(twoByte ? 'utf16le' : 'latin1')
}
const translationOf = (id, chars) => {
  const bytes = Buffer.alloc(chars, 98)
  bytes.write(id)
  return bytes.toString('latin1')
}
const languages = { source: 'zh', target: 'en' }
function keyOf (words, context) {
  const text = words.trim().replace(/\s+/g, ' ')
  let key = `${languages.source}-${languages.target}:`
  if (text.length <= 100) key += text
  else key += text.substring(0, 30) + '#' + String(scramble(text.charCodeAt(0) * 31 + text.charCodeAt(40)) % 9e6 + 1e6) + '#' + text.substring(text.length - 30)
  return context ? key + '|' + (context.length > 50 ? context.substring(context.length - 50) : context) : key
}
const own = (cell) => Buffer.from(cell).toString('latin1') // a string of its own, not a slice of the line

// The stores.

const states = new Map()
const lastAccess = new Map()
const cache = new LRUCache({ max: options.cacheMax, ttl: options.cacheTtlMs, ttlResolution: 0 })
const dedup = new Map()
const sent = new Map()
const sentAt = new Map()
const rings = new Map()
const pending = new Map()
const inFlight = new Set()
const timeouts = [] // [due, key, promise, request] in order

function remove (id) {
  states.delete(id)
  lastAccess.delete(id)
}
function touch (id) {
  let state = states.get(id)
  if (!state) {
    if (states.size >= options.maxSessions) {
      let victim = null
      let oldest = Infinity
      for (const [other, at] of lastAccess) if (at < oldest) [victim, oldest] = [other, at]
      remove(victim)
    }
    state = new State(id)
    states.set(id, state)
  }
  lastAccess.set(id, EPOCH + now)
  return state
}
function sweep () {
  for (const [id, at] of [...lastAccess]) if (EPOCH + now - at > options.ttlMs) remove(id)
}
function append (id, sound, ms) {
  let ring = rings.get(id)
  if (!ring) rings.set(id, ring = { chunks: [], spanMs: options.spanMs, keepMs: options.keepMs })
  const at = EPOCH + now
  ring.chunks.push({ audio: sound, startMs: at, endMs: at + ms, format: 'pcm16', rate: 16000 })
  ring.chunks = ring.chunks.filter((chunk) => at - chunk.startMs < options.keepMs && chunk.endMs >= at - options.spanMs)
  while (ring.chunks.length && ring.chunks.at(-1).endMs - ring.chunks[0].startMs > options.spanMs) ring.chunks.shift()
}
async function handle (key, job, request) {
  const started = EPOCH + now
  const report = (outcome) => ({ key, job, took: EPOCH + now - started, outcome })
  try {
    job.translated = await request.promise
    return report('ok')
  } catch (error) {
    return report(error)
  }
}
function hang (key, job) {
  const request = {
    job, url: '/translate', method: 'POST', timeoutMs: 60000, retries: 0, headers: { type: 'json', id: job.jobId },
    body: { text: job.text, source: job.source, target: job.target, context: null, model: 'auto' }
  }
  request.promise = new Promise((resolve, reject) => {
    request.resolve = resolve
    request.reject = reject
  }).then((answer) => answer.text)
  inFlight.add(request)
  const promise = handle(key, job, request)
  pending.set(key, promise)
  if (options.timeoutMs) timeouts.push([now + options.timeoutMs, key, promise, request])
}
function timeOut ([, key, promise, request]) {
  if (pending.get(key) === promise) pending.delete(key)
  if (options.abort && inFlight.delete(request)) request.reject(new Error('aborted'))
}

function end (id) {
  remove(id)
  if (options.cleanMaps) for (const map of [dedup, sent, sentAt]) map.delete(id)
  if (options.cleanAudio) rings.delete(id)
}
function utter (cells) {
  const [, , session, textId, outcome, , , chars, spaces, target, twoByte, , , context, ms, cacheable] = cells
  const id = own(session)
  const words = textOf(textId, +chars, +spaces, twoByte === '1')
  const state = touch(id)
  const key = keyOf(words, +context ? state.committed.at(-1) : null)
  state.say(words, EPOCH + now)
  const hangs = outcome === 'hangs'
  const sound = options.audio || (options.jobAudio && hangs) ? Buffer.alloc(ms * 32, 7).toString('base64') : null
  if (options.audio) append(id, sound, +ms)
  if (hangs && !pending.has(key)) hang(key, new Job(1, words, options.jobAudio ? sound : null))
  if (!hangs) {
    let translated = cacheable === '1' ? cache.get(key) : undefined
    if (translated === undefined) {
      translated = translationOf(textId, +target)
      if (cacheable === '1') cache.set(key, translated)
    }
    state.translated(translated, EPOCH + now)
  }
  dedup.set(id, words)
  const flat = Buffer.from(words.trim().replace(/\s+/g, ' '), 'utf16le').toString('utf16le')
  sent.set(id, +spaces ? Buffer.from(flat, 'latin1').toString('latin1') : words)
  sentAt.set(id, EPOCH + now)
}

// The run: timers due by an instant first, then the sample of that instant, then its rows.

function * lines (file) {
  const bytes = fs.readFileSync(file) // outside the heap
  let at = bytes.indexOf(10) + 1
  while (at < bytes.length) {
    const stop = bytes.indexOf(10, at)
    yield bytes.toString('latin1', at, stop).split(',')
    at = stop + 1
  }
}
let swept = 0
async function timers (until) {
  for (;;) {
    const sweepAt = swept + options.sweepMs
    const dueAt = timeouts.length ? timeouts[0][0] : Infinity
    if (Math.min(sweepAt, dueAt) > until) return
    now = Math.min(sweepAt, dueAt)
    if (dueAt <= sweepAt) timeOut(timeouts.shift())
    else {
      swept = sweepAt
      sweep()
    }
  }
}
async function heap () {
  let last = Infinity
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc()
    const { heapUsed } = process.memoryUsage()
    if (i > 2 && Math.abs(last - heapUsed) < 500) return heapUsed
    last = heapUsed
  }
  return last
}

async function main () {
  const minutes = Math.floor(options.horizonMs / MINUTE) + 1
  const column = () => new Float64Array(minutes)
  const seen = {
    aggregator_states: { entries: column() },
    translation_cache: { entries: column() },
    dedup_last_sent_text: { entries: column() },
    middleware_last_sent_text: { entries: column() },
    pending_translations: { entries: column(), in_flight: column() }
  }
  if (options.audio) seen.audio_ring_buffers = { entries: column(), chunks: column(), base64_chars: column() }
  const live = column()
  let minute = 0
  let before = 0
  const look = async () => {
    await timers(minute * MINUTE)
    now = minute * MINUTE
    live[minute] = (await heap()) - before
    seen.aggregator_states.entries[minute] = states.size
    seen.translation_cache.entries[minute] = cache.size
    seen.dedup_last_sent_text.entries[minute] = dedup.size
    seen.middleware_last_sent_text.entries[minute] = sent.size
    seen.pending_translations.entries[minute] = pending.size
    seen.pending_translations.in_flight[minute] = inFlight.size
    if (options.audio) {
      const chunks = [...rings.values()].flatMap((ring) => ring.chunks)
      seen.audio_ring_buffers.entries[minute] = rings.size
      seen.audio_ring_buffers.chunks[minute] = chunks.length
      seen.audio_ring_buffers.base64_chars[minute] = chunks.reduce((sum, chunk) => sum + chunk.audio.length, 0)
    }
    minute++
  }
  // Once through a few rows and back, so that code and shapes are there before the heap is looked at.
  let warm = 0
  for (const cells of lines(process.argv[2])) {
    if (cells[1] === 'utterance') utter(cells)
    if (++warm === 200) break
  }
  for (const map of [states, lastAccess, cache, dedup, sent, sentAt, rings, pending, inFlight]) map.clear()
  timeouts.length = 0
  before = await heap()
  for (const cells of lines(process.argv[2])) {
    const at = Number(cells[0])
    if (at >= options.horizonMs) break
    while (minute * MINUTE <= at) await look()
    await timers(at)
    now = at
    if (cells[1] === 'session_end') end(own(cells[2]))
    else utter(cells)
    if (options.abort) await null
  }
  while (minute < minutes) await look()
  const stores = {}
  for (const [name, columns] of Object.entries(seen)) {
    stores[name] = Object.fromEntries(Object.entries(columns).map(([level, values]) => [level, [...values]]))
  }
  const times = [...live].map((_, i) => i * MINUTE)
  process.stdout.write(JSON.stringify({ node: process.version, v8: process.versions.v8, at_ms: times, stores, live_bytes: [...live] }))
}
main()
