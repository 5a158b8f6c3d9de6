"""What the API answers when it cannot do what was asked."""

from typing import Any

from aiohttp import web


class ApiError(Exception):
    """Answered as HeyGen's error envelope with this HTTP status."""

    def __init__(
        self, status: int, code: str, message: str, *, param: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.param = param
        self.retry_after = retry_after

    def envelope(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "param": self.param, "doc_url": None}}

    def response(self) -> web.Response:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return web.json_response(self.envelope(), status=self.status, headers=headers)


def invalid(message: str, param: str | None = None) -> ApiError:
    return ApiError(400, "invalid_parameter", message, param=param)


def not_found(what: str, code: str = "not_found") -> ApiError:
    return ApiError(404, code, f"{what} not found")


class CannotDo(ValueError):
    """The control API was asked for something this server does not know."""
