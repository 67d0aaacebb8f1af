'use strict'
// The stores that are weighed, each as plain JavaScript. Put your own classes in here: `fill(n, options)` has to return
// something that keeps n entries alive. `options` are the command line's, with `twoByte`: whether texts are Chinese.
// `config` is the store's name in a config; a store without one is measured for comparison. `share` of --entries: fewer where
// entries are large, more where the figure depends on when a Map's table has doubled.

// Strings as a service gets them: flat, every one a copy of its own.
const latin = (chars, n) => {
  const bytes = Buffer.alloc(chars, 97 + (n % 26))
  for (let i = 6; i < chars; i += 7) bytes[i] = 32
  bytes.write(String(n).padStart(Math.min(6, chars), '0'))
  return bytes.toString('latin1')
}
const chinese = (chars, n) => {
  const bytes = Buffer.alloc(2 * chars)
  for (let i = 0; i < chars; i++) bytes.writeUInt16LE(0x4e00 + ((n * 31 + i * 7) % 20000), 2 * i)
  return bytes.toString('utf16le')
}
const text = (options, n) => (options.twoByte ? chinese : latin)(options.text, n)
const translation = (options, n) => latin(options.translation, n)
// As the modelled system makes its keys: what String.replace returns for a text with spaces is a rope of its words.
const languages = { source: 'zh', target: 'en' }
const key = (words) => `${languages.source}-${languages.target}:` + words.trim().replace(/\s+/g, ' ')
const sessionId = (n) => Buffer.from('session-' + String(n).padStart(42, '0')).toString('latin1')
const jobId = (n) => Buffer.from('job-' + String(n).padStart(32, '0')).toString('latin1')
const audio = (ms) => Buffer.alloc(ms * 32, 7).toString('base64')
const now = () => Date.now()

// A session's state: what it said last, and the small objects that work on it. The size of the modelled system's.
class Extractor {
  constructor () {
    this.texts = []
    this.keywords = []
    this.limit = 5
  }
}
class Detector {
  constructor () {
    this.last = null
    this.window = 0
    this.options = { shortest: 3, longest: 500, gapMs: 1500, quietMs: 700, keep: 5 }
  }
}
class State {
  constructor (id) {
    this.sessionId = id
    this.mode = 'offline'
    this.pending = ''
    this.lastUtterance = null
    this.tail = ''
    this.committed = []
    this.translation = null
    this.extractor = new Extractor()
    this.detector = new Detector()
    this.limits = { commitMs: 6000, commitChars: 60, tailChars: 12, strong: 0.8, weak: 0.5 }
    this.metrics = { commits: 0, merges: 0, streams: 0, dropped: 0, trimmed: 0, gaps: 0, qualities: 0, first: 0 }
    this.languages = { source: 'auto', target: 'auto', last: null, share: 0, seen: 0 }
    this.turns = { open: null, closed: 0, id: null, from: null, to: null, parts: 0, at: 0, reason: null }
  }

  say (words, at) {
    this.lastUtterance = {
      text: words, startMs: at % 1000, endMs: at % 1000, language: 'zh', share: 1, quality: 1, final: true,
      manual: false, gapMs: 0, tail: this.tail, action: { kind: 'commit', reason: 'gap', score: 1 }
    }
    this.committed.push(words)
    if (this.committed.length > 5) this.committed.shift()
  }

  translated (words, at) {
    this.translation = { text: words, at }
  }
}

// A job whose translation is under way: the request refers to it, and so does what waits for the promise.
class Job {
  constructor (n, words, sound) {
    this.jobId = jobId(n)
    this.sessionId = 's'
    this.text = words
    this.audio = sound
    this.source = 'zh'
    this.target = 'en'
    this.index = n
    this.trace = null
    this.format = 'pcm16'
    this.rate = 16000
    this.features = { translate: true, speak: true, tone: false, quality: 'auto', detect: true, accent: null }
    this.timing = { received: 0, recognised: 0, translated: 0, spoken: 0, sent: 0, deadline: 0, tries: 0 }
    this.result = null
    this.failed = false
    this.room = null
    this.voice = null
    this.speaker = null
    this.priority = 50
    this.tries = 0
  }
}

const stores = {
  session_table: {
    kind: 'session_table',
    config: 'aggregator_states',
    scripts: true,
    what: (o) => `ten utterances of ${o.text} characters, a translation of ${o.translation}`,
    fill (n, options) {
      const states = new Map()
      const lastAccess = new Map()
      for (let i = 0; i < n; i++) {
        const id = sessionId(i)
        const state = new State(id)
        states.set(id, state)
        for (let turn = 0; turn < 10; turn++) {
          lastAccess.set(id, now() + turn + 0.5)
          state.say(text(options, 10 * i + turn), now())
        }
        state.translated(translation(options, i), now() + 0.5)
      }
      return { states, lastAccess }
    }
  },
  session_map: {
    kind: 'session_map',
    config: 'dedup_last_sent_text',
    share: 10,
    scripts: true,
    what: (o) => `last text of ${o.text} characters`,
    fill (n, options) {
      const sent = new Map()
      for (let i = 0; i < n; i++) sent.set(sessionId(i), text(options, i))
      return sent
    }
  },
  session_map_with_times: {
    kind: 'session_map',
    config: 'middleware_last_sent_text',
    share: 10,
    scripts: true,
    more: { access_times: true },
    what: (o) => `last text of ${o.text} characters, and when, in a Map of its own`,
    fill (n, options) {
      const sent = new Map()
      const at = new Map()
      for (let i = 0; i < n; i++) {
        const id = sessionId(i)
        sent.set(id, text(options, i))
        at.set(id, now() + 0.5)
      }
      return { sent, at }
    }
  },
  session_map_of_times: {
    kind: 'session_map',
    share: 10,
    what: () => 'a time',
    fill (n) {
      const at = new Map()
      for (let i = 0; i < n; i++) at.set(sessionId(i), now() + 0.5)
      return at
    }
  },
  session_map_of_ids: {
    kind: 'session_map',
    what: () => 'a Set of ten job ids',
    fill (n) {
      const handled = new Map()
      for (let i = 0; i < n; i++) {
        const ids = new Set()
        for (let job = 0; job < 10; job++) ids.add(jobId(10 * i + job))
        handled.set(sessionId(i), ids)
      }
      return handled
    }
  },
  ring_buffer: {
    kind: 'ring_buffer',
    share: 0.01,
    what: () => 'the last 10 s of audio in chunks of 1 s, base64',
    fill (n) {
      const buffers = new Map()
      for (let i = 0; i < n; i++) {
        const chunks = []
        for (let chunk = 0; chunk < 10; chunk++) {
          chunks.push({ audio: audio(1000), startMs: now() + 0.5, endMs: now() + 1000.5, format: 'pcm16', rate: 16000 })
        }
        buffers.set(sessionId(i), { chunks, spanMs: 15000, keepMs: 10000 })
      }
      return buffers
    }
  },
  bare_promise: {
    kind: 'pending_map',
    what: () => 'a promise that never settles, under a flat key of 100 characters',
    fill (n) {
      const pending = new Map()
      for (let i = 0; i < n; i++) pending.set(latin(100, i), new Promise(() => {}))
      return pending
    }
  },
  pending_map: {
    kind: 'pending_map',
    config: 'pending_translations',
    scripts: true,
    what: (o) => `a request, the job behind it with ${o.text} characters, and the handler of its promise`,
    fill: (n, options) => wait(n, options, 0)
  },
  pending_map_with_audio: {
    kind: 'pending_map',
    share: 0.01,
    what: (o) => `a request whose job has ${o.audio} s of audio`,
    fill: (n, options) => wait(n, options, options.audio * 1000)
  },
  lru_cache: {
    kind: 'lru_cache',
    scripts: true,
    what: (o) => `an entry of a full cache of 200: a flat key of ${o.text} characters, a translation of ${o.translation}`,
    fill: (n, options, LRUCache) => fillCaches(n, options, LRUCache, (words) => words)
  },
  lru_cache_of_normalised_texts: {
    kind: 'lru_cache',
    config: 'translation_cache',
    scripts: true,
    what: (o) => `an entry of a full cache of 200: a key made of a normalised text of ${o.text} characters, a translation of ${o.translation}`,
    fill: (n, options, LRUCache) => fillCaches(n, options, LRUCache, key)
  },
  lru_cache_instance: {
    kind: 'lru_cache',
    share: 0.1,
    what: () => 'an empty cache of at most 200',
    fill: (n, options, LRUCache) => fillCaches(200 * n, options, LRUCache, null)
  }
}

function wait (n, options, audioMs) {
  const pending = new Map()
  const requests = []
  const handle = async (made, job, request) => {
    const started = now()
    const report = (outcome) => ({ made, job, took: now() - started, outcome })
    try {
      job.translated = await request.promise
      return report('ok')
    } catch (error) {
      return report(error)
    } finally {
      pending.delete(made)
    }
  }
  for (let i = 0; i < n; i++) {
    const words = text(options, i)
    const job = new Job(i, words, audioMs ? audio(audioMs) : null)
    const request = {
      job, url: '/translate', method: 'POST', timeoutMs: 60000, retries: 0, headers: { type: 'json', id: job.jobId },
      body: { text: words, source: job.source, target: job.target, context: null, model: 'auto' }
    }
    request.promise = new Promise((resolve, reject) => {
      request.resolve = resolve
      request.reject = reject
    }).then((answer) => answer.text)
    requests.push(request)
    const made = key(words)
    pending.set(made, handle(made, job, request))
  }
  return { pending, requests }
}

function fillCaches (n, options, LRUCache, keyOf) {
  const caches = []
  for (let i = 0; i < n; i += 200) {
    const cache = new LRUCache({ max: 200, ttl: 600000 })
    for (let entry = i; keyOf && entry < i + 200; entry++) cache.set(keyOf(text(options, entry)), translation(options, entry))
    caches.push(cache)
  }
  return caches
}

module.exports = { stores, State, Job }
