import base64

import pytest

from service.errors import BadRequest
from service.request_body import from_base64

DATA = bytes(range(256))
TEXT = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "sent",
    [
        TEXT,
        TEXT.rstrip("="),
        base64.urlsafe_b64encode(DATA).decode(),
        base64.encodebytes(DATA).decode(),
        "data:image/png;base64," + TEXT,
        "  DATA:image/jpeg;charset=x;base64,\r\n" + TEXT,
    ],
    ids=["bare", "unpadded", "url-safe", "wrapped", "data-url", "odd-data-url"],
)
def test_base64_is_taken_as_people_send_it(sent):
    assert from_base64(sent) == DATA


@pytest.mark.parametrize("sent", ["a", "@@@@", "data:image/png;base64,!", "发票"])
def test_what_is_not_base64_is_said_to_be_none(sent):
    with pytest.raises(BadRequest):
        from_base64(sent)
