"""Lines as the modelled system writes them, in every era; values are invented."""

import json

import pytest

from simulator.logs import Troubles, read_logs

NODE = """\
{"level":20,"time":1767225600123,"pid":4210,"hostname":"NODE-A","sessionId":"s-1A2B3C4D","mode":"two_way","totalSessions":37,"msg":"Created new AggregatorState (session isolated)"}
{"level":20,"time":1767225900456,"pid":4210,"hostname":"NODE-A","sessionId":"s-1A2B3C4D","flushedLength":12,"msg":"Flushed before removing session"}
{"level":20,"time":1767225900457,"pid":4210,"hostname":"NODE-A","sessionId":"s-1A2B3C4D","msg":"Removed AggregatorState and cleared context cache"}
{"level":20,"time":1767225900457,"pid":4210,"hostname":"NODE-A","sessionId":"s-1A2B3C4D","msg":"Removed expired AggregatorState"}
{"level":20,"time":1767225900999,"pid":4210,"hostname":"NODE-A","sessionId":"s-0F0F0F0F","msg":"Evicted LRU AggregatorState"}
{"level":30,"time":1767225900460,"pid":4210,"hostname":"NODE-A","count":3,"totalSessions":34,"msg":"Cleaned up expired AggregatorState sessions"}
{"level":30,"time":1767225900461,"pid":4210,"hostname":"NODE-A","count":2,"remainingCount":18,"msg":"AggregatorMiddleware: Cleaned up expired lastSentText entries"}
{"level":30,"time":1767225900462,"pid":4210,"hostname":"NODE-A","count":2,"remainingJobIdsCount":41,"msg":"DedupStage: Cleaned up expired job_id entries"}
{"level":30,"time":1767225960000,"pid":4210,"hostname":"NODE-A","aggregatorManager":{"totalSessions":37,"activeSessions":37,"estimatedMemoryMB":0.042},"translationCache":{"size":12,"maxSize":200,"estimatedMemoryMB":0.003},"dedupStage":{"lastSentTextCount":40,"estimatedMemoryMB":0.0095},"totalEstimatedMemoryMB":"0.06","msg":"Memory usage analysis"}
{"level":20,"time":1767225960005,"pid":4210,"hostname":"NODE-A","pendingCount":4,"msg":"TranslationStage: Pending async translations count"}
{"level":20,"time":1767225961000,"pid":4210,"hostname":"NODE-A","jobId":"job-7","sessionId":"s-1A2B3C4D","cacheHit":true,"msg":"TranslationStage: Translation from cache"}
{"level":30,"time":1767225961300,"pid":4210,"hostname":"NODE-A","jobId":"job-8","traceId":"t-8","sessionId":"s-1A2B3C4D","utteranceIndex":4,"msg":"Received job_assign, starting processing"}
{"level":30,"time":1767225961301,"pid":4210,"hostname":"NODE-A","jobId":"job-8","sessionId":"s-1A2B3C4D","utteranceIndex":4,"audioFormat":"pcm16","audioLength":213336,"msg":"Processing job: received audio data"}
{"level":30,"time":1767225961302,"pid":4210,"hostname":"NODE-A","sessionId":"s-1A2B3C4D","nodeId":"node-11AA22BB","msg":"[SessionStore] created session"}
{"level":30,"time":1767225962400,"pid":4210,"hostname":"NODE-A","serviceId":"nmt-m2m100","jobId":"job-8","sessionId":"s-1A2B3C4D","utteranceIndex":4,"text":"你好","textLength":2,"srcLang":"zh","tgtLang":"en","timeout":60000,"timestamp":"2026-01-01T00:06:02.400Z","msg":"NMT INPUT: Sending NMT request (START)"}
{"level":30,"time":1767225963400,"pid":4210,"hostname":"NODE-A","serviceId":"nmt-m2m100","jobId":"job-8","sessionId":"s-1A2B3C4D","utteranceIndex":4,"status":200,"requestDurationMs":1043,"translatedText":"Hello","translatedTextLength":5,"translatedTextPreview":"Hello","numCandidates":1,"candidatesPreview":["Hello"],"timestamp":"2026-01-01T00:06:03.400Z","msg":"NMT OUTPUT: NMT request succeeded (END)"}
{"level":50,"time":1767226023400,"pid":4210,"hostname":"NODE-A","error":"timeout of 60000ms exceeded","errorCode":"ECONNABORTED","errorName":"AxiosError","serviceId":"nmt-m2m100","jobId":"job-9","sessionId":"s-1A2B3C4D","utteranceIndex":5,"requestDurationMs":60004,"timeout":60000,"isTimeout":true,"timestamp":"2026-01-01T00:07:03.400Z","msg":"NMT task failed (TIMEOUT)"}
{"level":30,"time":1767225963401,"pid":4210,"hostname":"NODE-A","jobId":"job-8","sessionId":"s-1A2B3C4D","translationTimeMs":1046,"fromCache":false,"translatedTextLength":5,"translatedTextPreview":"Hello","msg":"TranslationStage: Translation completed"}
{"level":50,"time":1767225990000,"pid":4210,"hostname":"NODE-A","error":{},"jobId":"job-8","sessionId":"s-1A2B3C4D","msg":"Async retranslation failed"}
{"level":30,"time":1767225964100,"pid":4210,"hostname":"NODE-A","jobId":"job-8","sessionId":"s-1A2B3C4D","utteranceIndex":4,"processingTimeMs":2799,"msg":"Job result sent successfully"}
{"level":40,"time":1767225965000,"pid":4210,"hostname":"NODE-A","nodeId":"node-11AA22BB","gpuUsage":96.0,"cpuUsage":41.2,"memoryUsage":72.8,"gpuMemUsage":81.0,"note":"GPU usage exceeds 85% threshold","msg":"High GPU usage detected in heartbeat"}
{"level":20,"time":1767225965001,"pid":4210,"hostname":"NODE-A","nodeId":"node-11AA22BB","installedModelsCount":3,"installedServicesCount":4,"capabilityByTypeCount":3,"capabilityByType":[],"installedServices":["nmt-m2m100:nmt:running"],"resourceUsage":{"cpu":41.2,"gpu":96.0,"gpuMem":81.0,"memory":72.8},"msg":"Sending heartbeat with type-level capability"}
"""

SCHEDULER = """\
{"timestamp":"2026-01-01T00:06:05.120334Z","level":"WARN","fields":{"message":"Node excluded: resource threshold exceeded","node_id":"node-11AA22BB","cpu_usage":41.2,"gpu_usage":"Some(12.0)","memory_usage":86.3,"threshold":85.0},"target":"lingua_scheduler::node_registry::selection","filename":"src/node_registry/selection.rs","line_number":100,"threadId":"ThreadId(7)"}
{"timestamp":"2026-01-01T00:06:05.120900Z","level":"WARN","fields":{"message":"节点资源使用率超过阈值","node_id":"node-11AA22BB","cpu_usage":41.2,"gpu_usage":"None","memory_usage":96.3,"threshold":95.0},"target":"t","filename":"f.rs","line_number":1,"threadId":"ThreadId(7)"}
{"timestamp":"2026-01-01T00:06:05.120900Z","level":"WARN","fields":{"message":"Redis 直查：没有找到可用节点（降级路径）","total_nodes":2,"status_not_ready":0,"offline":0,"not_in_public_pool":0,"gpu_unavailable":0,"model_not_available":0,"capacity_exceeded":0,"resource_threshold_exceeded":2,"best_reason":"resource_threshold_exceeded","required_types":"[Asr, Nmt, Tts]","src_lang":"zh","tgt_lang":"en"},"target":"t","filename":"f.rs","line_number":385,"threadId":"ThreadId(7)"}
{"timestamp":"2026-01-01T00:06:05.121000Z","level":"WARN","fields":{"message":"节点选择失败（类型选择）：没有找到可用节点，稍后重试","total_nodes":4,"offline":1,"resource_threshold_exceeded":3,"best_reason":"resource_threshold_exceeded","lang_pair":0},"target":"t","filename":"f.rs","line_number":1,"threadId":"ThreadId(7)"}
{"timestamp":"2026-01-01T00:06:05.121000Z","level":"WARN","fields":{"message":"Job has no available nodes (internal scheduling issue, not sent to client)","session_id":"s-1A2B3C4D","job_id":"job-8","utterance_index":4},"target":"t","filename":"f.rs","line_number":1,"threadId":"ThreadId(7)"}
{"timestamp":"2026-01-01T00:00:20.000000Z","level":"INFO","fields":{"message":"Node status transition","node_id":"node-11AA22BB","from":"registering","to":"ready","reason":"health checks passed"},"target":"t","filename":"f.rs","line_number":1,"threadId":"ThreadId(3)"}
{"timestamp":"2026-01-01T00:06:15.000000Z","level":"INFO","fields":{"message":"Received node message (length: 1830): {\\"type\\":\\"node_heartbeat\\",\\"node_id\\":\\"node-11AA22BB\\",\\"resource_usage\\":{\\"cpu_percent\\":41.2,\\"gpu_percent\\":12.0,\\"gpu_mem_percent\\":70.1,\\"mem_percent\\":86.3,\\"running_jobs\\":1}}"},"target":"t","filename":"f.rs","line_number":33,"threadId":"ThreadId(5)"}
{"timestamp":"2026-01-01T00:06:15.000400Z","level":"INFO","fields":{"message":"【节点管理流程】收到节点心跳","step":"heartbeat_start","node_id":"node-11AA22BB"},"target":"t","filename":"f.rs","line_number":165,"threadId":"ThreadId(5)"}
{"timestamp":"2026-01-01T00:06:16.000000Z","level":"WARN","fields":{"message":"【节点选择】没有可用的节点（语言对无池或池为空）","pair_key":"zh:en"},"target":"t","filename":"f.rs","line_number":103,"threadId":"ThreadId(5)"}
{"timestamp":"2026-01-01T00:07:00.000000Z","level":"WARN","fields":{"message":"Session idle timeout, closing actor","session_id":"s-1A2B3C4D","idle_secs":70},"target":"t","filename":"f.rs","line_number":105,"threadId":"ThreadId(9)"}
{"timestamp":"2026-01-01T00:05:00.000000Z","level":"INFO","fields":{"message":"Session created","trace_id":"t-1","session_id":"s-1A2B3C4D","src_lang":"zh","tgt_lang":"en","mode":"Some(TwoWay)"},"target":"t","filename":"f.rs","line_number":105,"threadId":"ThreadId(9)"}
{"timestamp":"2026-01-01T00:06:15.500000Z","level":"WARN","fields":{"message":"Job pending 超时，标记失败","trace_id":"t-8","job_id":"job-8","session_id":"s-1A2B3C4D","utterance_index":4,"node_id":"None","pending_timeout_seconds":10},"target":"t","filename":"f.rs","line_number":41,"threadId":"ThreadId(2)"}
{"timestamp":"2026-01-01T00:07:15.500000Z","level":"WARN","fields":{"message":"Job dispatched 超时，尝试 cancel + failover","trace_id":"t-9","job_id":"job-9","session_id":"s-1A2B3C4D","utterance_index":5,"node_id":"node-11AA22BB","dispatched_timeout_seconds":60,"failover_attempts":0,"failover_max_attempts":3,"elapsed_ms":60412},"target":"t","filename":"f.rs","line_number":71,"threadId":"ThreadId(2)"}
{"timestamp":"2026-01-01T00:06:17.000000Z","level":"INFO","fields":{"message":"【JobResult】收到节点返回","trace_id":"t-8","job_id":"job-8","node_id":"node-11AA22BB","session_id":"s-1A2B3C4D","utterance_index":4,"success":true,"attempt_id":1},"target":"t","filename":"f.rs","line_number":71,"threadId":"ThreadId(2)"}
{"timestamp":"2026-01-01T00:06:17.000000Z","level":"DEBUG","fields":{"message":"Node resource check failed: Memory usage exceeds threshold","node_id":"node-11AA22BB","memory_usage":30.5,"threshold":25.0},"target":"t"}
"""

PROBE = """\
{"at":1767225600500,"uptime_ms":10000,"pid":99,"stores":{"aggregatorStates":3,"audio_ring_buffers":{"entries":2,"chunks":9}},"memory":{"rss":1000,"heapUsed":500}}
"""


def node_line(**changes):
    """A line of a node about a new session, with changes; None takes a key away."""
    line = {
        "level": 20,
        "time": 1767225600123,
        "pid": 4210,
        "hostname": "NODE-A",
        "sessionId": "s-1A2B3C4D",
        "mode": "two_way",
        "totalSessions": 37,
        "msg": "Created new AggregatorState (session isolated)",
    }
    kept = {key: value for key, value in {**line, **changes}.items() if value is not ...}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"


@pytest.fixture
def read(tmp_path):
    """Read texts as files; returns the records and the troubles."""

    def read(*texts, name="electron-main.log", mapping=None):
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / (f"{number}-{name}" if number else name)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        troubles = Troubles()
        records = list(read_logs(paths, mapping, troubles))
        return records, troubles

    return read
