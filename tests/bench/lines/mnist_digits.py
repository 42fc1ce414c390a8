"""MNIST's test digits: `digits` beside the classics: `python -m tests.bench.lines.mnist_digits`.

Needs runs/sources/ink/mnist.npz (docs/training.md) and scikit-learn. PCA with a support vector
machine, and a small convolutional network, are trained here, on MNIST's training part; ours reads
the digits as pictures of lines through the published INT8 file and the Reader. Prints a Markdown
table: how many of the test digits are right, and milliseconds a digit on one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from crnn.decode.factory import DecodeOptions
from crnn.fields import Grammar
from crnn.options import ReadOptions
from crnn.reader import Reader

Images = NDArray[np.uint8]
Answer = Callable[[Images], list[str]]
"""Digits of images (N, 28, 28), bright on black."""


def main(argv: list[str] | None = None) -> int:
    """Train, read, print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.lines.mnist_digits", description=__doc__
    )
    parser.add_argument("--mnist", type=Path, default=Path("runs/sources/ink/mnist.npz"))
    parser.add_argument("--name", default="digits", help="our weights")
    parser.add_argument("--count", type=int, default=10_000, help="test digits")
    parser.add_argument("--svm-lines", type=int, default=20_000, help="digits the SVM learns from")
    parser.add_argument("--epochs", type=int, default=3, help="of the small network")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    data = np.load(args.mnist)
    x, y = data["x_test"][: args.count], [str(d) for d in data["y_test"][: args.count]]
    train = data["x_train"], data["y_train"]
    reader = Reader.load(args.name)
    print(
        "| reader | right of 10,000 % | ms a digit |\n|---|---|---|".replace(
            "10,000", f"{len(y):,}"
        )
    )
    row("PCA 50 + SVM (RBF)", svm(*train, args.svm_lines), x, y)
    row("small CNN (2 convolutions)", small_cnn(*train, args.epochs), x, y)
    row(f"ours, {args.name} INT8, any text", ours(reader, DecodeOptions()), x, y)
    one = DecodeOptions("grammar", grammar=Grammar({"regex": "[0-9]"}))
    row(f"ours, {args.name} INT8, one digit asked for", ours(reader, one), x, y)
    return 0


def row(title: str, answer: Answer, x: Images, y: list[str]) -> None:
    """Print one reader's figures."""
    started = time.perf_counter()
    found = answer(x)
    spent = 1000 * (time.perf_counter() - started) / len(y)
    right = sum(a == b for a, b in zip(found, y, strict=True)) / len(y)
    print(f"| {title} | {100 * right:.2f} | {spent:.3f} |", flush=True)


def svm(x: Images, y: NDArray[np.uint8], count: int) -> Answer:
    """Principal components and a support vector machine (scikit-learn)."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    made = make_pipeline(PCA(50, random_state=0), SVC(C=10))
    some = np.random.default_rng(0).permutation(len(x))[:count]  # the file may be sorted
    made.fit(x[some].reshape(len(some), -1) / 255, y[some])
    return lambda images: [str(d) for d in made.predict(images.reshape(len(images), -1) / 255)]


def small_cnn(x: Images, y: NDArray[np.uint8], epochs: int) -> Answer:
    """Two convolutions, two poolings, two linear layers."""
    torch.manual_seed(0)
    net = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 10)),
    )
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    images, labels = torch.from_numpy(x)[:, None].float() / 255, torch.from_numpy(y).long()
    for _ in range(epochs):
        for part in torch.randperm(len(labels)).split(128):
            loss = nn.functional.cross_entropy(net(images[part]), labels[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def answer(found: Images) -> list[str]:
        with torch.inference_mode():
            scores = [net(torch.from_numpy(one)[None, None].float() / 255) for one in found]
        return [str(int(one.argmax())) for one in scores]

    return answer


def ours(reader: Reader, decoding: DecodeOptions) -> Answer:
    """Every digit a picture of a line, dark on light."""
    options = ReadOptions("line", decoding=decoding)
    return lambda images: [reader.read(255 - image, options).text for image in images]


if __name__ == "__main__":
    raise SystemExit(main())
