"""One recogniser as a worker process: a line of JSON in (a path), a line of JSON out (text, ms).

    python engines.py ppocr4 | ppocr6 | tesseract        in the virtual environment of that engine

Imports nothing of this project, so that each engine runs in an environment of its own. Times count
from decoded pixels to text, one thread; for Tesseract, a command, they count the whole process.
"""

import json
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


def main():
    """Answer paths until standard input ends."""
    name = sys.argv[1]
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
