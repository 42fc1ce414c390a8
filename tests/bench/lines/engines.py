"""One recogniser as a worker process: a line of JSON in (a path), a line of JSON out (text, ms).

    python engines.py ppocr4 | ppocr6 | tesseract        in the virtual environment of that engine
    python engines.py ppocr4-page | ppocr6-page | tesseract-page         whole pages: lines besides

Imports nothing of this project, so that each engine runs in an environment of its own. Times count
from decoded pixels to text, one thread; for Tesseract, a command, they count the whole process.
"""

import json
import os
import subprocess
import sys
import time


def ppocr4():
    """PP-OCRv4 mobile recognition, as rapidocr-onnxruntime 1.4.4 bundles it."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
    options = engine.text_rec.session.session.get_session_options()
    assert options.intra_op_num_threads == 1
    return lambda image: engine.text_rec(image)[0][0][0]


def ppocr6():
    """PP-OCRv6 small recognition, as rapidocr 3.10 bundles it."""
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_rec.typings import TextRecInput

    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "error", **one})
    engine(__import__("numpy").full((48, 320, 3), 255, "uint8"), use_det=False, use_cls=False)
    assert engine.text_rec.session.session.get_session_options().intra_op_num_threads == 1
    return lambda image: (engine.text_rec(TextRecInput(img=image)).txts or ("",))[0]


def tesseract(path):
    """Tesseract with chi_sim and eng, one line a call."""
    command = ["tesseract", path, "-", "-l", "chi_sim+eng", "--psm", "7"]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/usr/local/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    return done.stdout.strip()


def ppocr4_page():
    """The whole pipeline of rapidocr-onnxruntime 1.4.4: detection, direction, recognition."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(image):
        found = engine(image)[0] or []
        return [(corners, text) for corners, text, _ in found]

    return read


def ppocr6_page():
    """The whole pipeline of rapidocr 3.10."""
    from rapidocr import RapidOCR

    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "error", **one})

    def read(image):
        found = engine(image)
        if found.txts is None:
            return []
        return [(b.tolist(), t) for b, t in zip(found.boxes, found.txts, strict=True)]

    return read


def tesseract_page(path):
    """Tesseract's own page layout, direction included: lines from its table of words."""
    command = ["tesseract", path, "-", "-l", "chi_sim+eng", "--psm", "1", "tsv"]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/usr/local/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "osd" in done.stderr and not done.stdout.count("\n") > 1:  # without its direction data
        command[command.index("1")] = "3"
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    lines = {}
    for row in done.stdout.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            left, top, width, height = map(int, cells[6:10])
            words = lines.setdefault(tuple(cells[1:5]), [])
            words.append((left, top, left + width, top + height, cells[11]))
    found = []
    for words in lines.values():
        left, top = min(w[0] for w in words), min(w[1] for w in words)
        right, bottom = max(w[2] for w in words), max(w[3] for w in words)
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        found.append((corners, " ".join(word[4] for word in words)))
    return found


def pages(name):
    """Answer paths of pages with their lines, wall and processor milliseconds."""
    read = {"ppocr4": ppocr4_page, "ppocr6": ppocr6_page}.get(name, lambda: None)()
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        path = json.loads(line)
        image = __import__("cv2").imread(path) if read else None
        started, worked = time.perf_counter(), sum(os.times()[:4])
        found = read(image) if read else tesseract_page(path)
        spent = {
            "ms": 1000 * (time.perf_counter() - started),
            "cpu_ms": 1000 * (sum(os.times()[:4]) - worked),
        }
        lines = [([[float(v) for v in corner] for corner in c], text) for c, text in found]
        print(json.dumps({"lines": lines, **spent}), flush=True)


def main():
    """Answer paths until standard input ends."""
    name = sys.argv[1]
    if name.endswith("-page"):
        pages(name.removesuffix("-page"))
        return
    read = None if name == "tesseract" else {"ppocr4": ppocr4, "ppocr6": ppocr6}[name]()
    print(json.dumps({"ready": name}), flush=True)
    for line in sys.stdin:
        path = json.loads(line)
        image = None
        if read:
            import cv2

            image = cv2.imread(path)
        started = time.perf_counter()
        text = read(image) if read else tesseract(path)
        spent = 1000 * (time.perf_counter() - started)
        print(json.dumps({"text": text, "ms": spent}), flush=True)


if __name__ == "__main__":
    main()
