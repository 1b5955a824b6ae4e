"""
Prints the events of a TensorBoard event file, as JSON. Written from the texts of the formats: TFRecord and CRC-32C
(RFC 3720, appendix B.4), protocol buffers' wire format, event.proto and summary.proto of TensorFlow.
"""

import json
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def masked(data):
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        length, length_crc = struct.unpack_from("<QI", data, at)
        assert length_crc == masked(data[at : at + 8]), "the length has another checksum"
        at += 12
        record = data[at : at + length]
        (record_crc,) = struct.unpack_from("<I", data, at + length)
        assert record_crc == masked(record), "the record has another checksum"
        yield record
        at += length + 4


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            (value,) = struct.unpack_from("<d", data, at)
            at += 8
        elif wire == 2:
            length, at = varint(data, at)
            value = data[at : at + length]
            assert len(value) == length
            at += length
        else:
            assert wire == 5, f"wire type {wire}"
            (value,) = struct.unpack_from("<f", data, at)
            at += 4
        yield key >> 3, value


def scalar(data):
    value = dict(fields(data))
    assert set(value) == {1, 2}
    return [value[1].decode("utf-8"), value[2]]


def event(data):
    found = dict(fields(data))
    assert set(found) <= {1, 2, 3, 5}
    return {
        "wallTime": found[1],
        "step": found.get(2, 0),
        "version": found[3].decode("utf-8") if 3 in found else None,
        "scalars": [scalar(value) for number, value in fields(found.get(5, b"")) if number == 1],
    }


with open(sys.argv[1], "rb") as file:
    print(json.dumps([event(record) for record in records(file.read())]))
