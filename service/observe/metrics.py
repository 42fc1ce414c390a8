"""What GET /metrics tells: counts and times, never a text or a name of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from crnn.page import Page

CONTENT_TYPE = CONTENT_TYPE_LATEST
STAGE_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
REQUEST_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
WIDTHS = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)


class Meters:
    """The meters of one app; each app has its own, so that several can live in a process."""

    def __init__(self) -> None:
        self.registry = own = CollectorRegistry()
        self._stages = Histogram(
            "ocr_stage_seconds",
            "queue, decode_image, find_lines of an image; network, decoding of a line",
            ["stage"],
            buckets=STAGE_S,
            registry=own,
        )
        self._requests = Counter(
            "ocr_requests", "requests answered", ["method", "route", "status"], registry=own
        )
        self._seconds = Histogram(
            "ocr_request_seconds", "from first to last byte", ["route"], buckets=REQUEST_S,
            registry=own,
        )  # fmt: skip
        self._widths = Histogram(
            "ocr_image_width_pixels", "width of images read", buckets=WIDTHS, registry=own
        )
        self._confidences = Histogram(
            "ocr_line_confidence", "confidence of lines read", buckets=CONFIDENCES, registry=own
        )
        self._model = Info("ocr_model", "the weights in use", registry=own)
        self._frames = Counter(
            "ocr_stream_frames", "drawings of streams", ["outcome"], registry=own
        )
        self._frame_s = Histogram(
            "ocr_stream_frame_seconds", "from arrival to reading", buckets=REQUEST_S, registry=own
        )  # fmt: skip
        self._streams = Counter("ocr_streams", "streams that ended", ["end"], registry=own)
        self._cache = Counter("ocr_cache", "answers kept or not", ["found"], registry=own)

    def stage(self, name: str) -> AbstractContextManager[object]:
        """Measures what is done within it."""
        return self._stages.labels(name).time()

    def waited(self, seconds: float) -> None:
        """An image came out of the queue."""
        self._stages.labels("queue").observe(seconds)

    def was_read(self, page: Page) -> None:
        """An image was read."""
        self._widths.observe(page.width)
        for line in page.lines:
            self._confidences.observe(line.confidence)

    def frame_was(self, outcome: str, count: int = 1) -> None:
        """Drawings of a stream were read, dropped for newer ones, or refused."""
        self._frames.labels(outcome).inc(count)

    def frame_read(self, seconds: float, dropped: int) -> None:
        """A drawing was read, and those before it were not."""
        self.frame_was("read")
        self.frame_was("dropped", dropped)
        self._frame_s.observe(seconds)

    def stream_ended(self, end: str) -> None:
        """A stream ended: its client left, was idle, asked too much, or something failed."""
        self._streams.labels(end).inc()

    def looked_up(self, result: bool) -> None:
        """A reading was looked for among those kept."""
        self._cache.labels("yes" if result else "no").inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def show(self, name: str, description: str, value: Callable[[], float]) -> None:
        """A value that is asked for whenever the meters are."""
        Gauge(name, description, registry=self.registry).set_function(value)

    def describe(self, model: Mapping[str, str]) -> None:
        """Which model reads by default, now."""
        self._model.info(dict(model))

    def show_models(self, counts: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        """Counts of each model by what is counted, asked for whenever the meters are."""
        self.registry.register(_ModelCounts(counts))

    def show_jobs(self, count: Callable[[], Mapping[str, int]]) -> None:
        """Jobs by state, asked for whenever the meters are."""
        self.registry.register(_Jobs(count))

    def text(self) -> bytes:
        """All meters in the words of Prometheus."""
        return generate_latest(self.registry)


class _ModelCounts(Collector):
    def __init__(self, counts: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        description = CounterMetricFamily(
            "ocr_model_events", "counts by model", labels=["model", "event"]
        )
        for model, events in self._counts().items():
            for event, count in events.items():
                description.add_metric([model, event], count)
        yield description


class _Jobs(Collector):
    def __init__(self, count: Callable[[], Mapping[str, int]]) -> None:
        self._count = count

    def describe(self) -> Iterable[Metric]:
        return []  # else the store is asked before the first look

    def collect(self) -> Iterable[Metric]:
        description = GaugeMetricFamily("ocr_jobs", "jobs in the store by state", labels=["state"])
        for state, count in self._count().items():
            description.add_metric([state], count)
        yield description
