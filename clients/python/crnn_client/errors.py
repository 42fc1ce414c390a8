"""What can go wrong: the service said no, or it could not be reached.

OcrError
    ServiceProblem  an answer that is a problem (RFC 9457)
    Unreachable     no answer
"""

from __future__ import annotations


class OcrError(Exception):
    """The base of all errors of this client."""


class Unreachable(OcrError):
    """No connection, or none that lasted until the answer."""


class ServiceProblem(OcrError):
    """The service refused, or failed: status, title, detail and the id that its log has."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail = status, title, detail
        self.request_id, self.retry_after_s = request_id, retry_after_s
