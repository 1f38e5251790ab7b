"""Train the detector on the pieces of `training.pieces`: `python -m training.train --work FOLDER --out FILE`.

Needs PyTorch 2.13, NumPy and SciPy, in an environment of its own; the product needs none of it. On one thread
of one kind of processor the same pieces give the same weights. Convolutions are computed in bfloat16.
"""

import argparse
import logging
import time
from pathlib import Path

import numpy as np
import torch
from training.net import Detector, loss_of
from training.pieces import SEED, breathed, turned

log = logging.getLogger(__name__)

BATCH = 8


def main() -> None:
    """Train, and write the weights after each pass."""
    asks = argparse.ArgumentParser()
    asks.add_argument("--work", type=Path, required=True)
    asks.add_argument("--out", type=Path, required=True)
    asks.add_argument("--passes", type=int, default=8)
    asks.add_argument("--begin", type=Path, help="weights to go on from; new ones by default")
    asks.add_argument("--pace", type=float, default=3e-3, help="largest learning rate")
    asked = asks.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    hu = np.load(asked.work / "hu.npy", mmap_mode="r")
    told = np.load(asked.work / "targets.npy", mmap_mode="r")
    train(hu, told, asked)


def train(hu: np.ndarray, told: np.ndarray, asked: argparse.Namespace) -> Detector:
    """Train on all pieces but each twentieth, on which the loss is told."""
    draw = np.random.default_rng(SEED if asked.begin is None else SEED + 1)
    held = np.arange(0, len(hu), 20)
    used = np.setdiff1d(np.arange(len(hu)), held)
    net = Detector()
    if asked.begin is not None:
        net.load_state_dict(torch.load(asked.begin, weights_only=True))
    net = net.to(memory_format=torch.channels_last_3d)
    steps = asked.passes * (len(used) // BATCH)
    best = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
    pace = torch.optim.lr_scheduler.OneCycleLR(best, max_lr=asked.pace, total_steps=steps, pct_start=0.15)
    for number in range(asked.passes):
        net.train()
        began, total = time.monotonic(), 0.0
        order = draw.permutation(used)
        for at in range(0, len(order) - BATCH + 1, BATCH):
            images, targets = _batch(hu, told, order[at : at + BATCH], draw)
            loss = _loss(net, images, targets)
            best.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            best.step()
            pace.step()
            total += float(loss.detach())
        net.eval()
        with torch.no_grad():
            held_out = [
                float(_loss(net, images, targets))
                for images, targets in (
                    _batch(hu, told, held[a : a + BATCH], None) for a in range(0, len(held), BATCH)
                )
            ]
        torch.save(net.state_dict(), asked.out)
        took = time.monotonic() - began
        mean = total * BATCH / len(order)
        log.info("pass %d: %.3f, held out %.3f, %.0f s", number, mean, np.mean(held_out), took)
    return net


def _loss(net: Detector, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        score, offset, size = net(images)
    return loss_of((score.float(), offset.float(), size.float()), targets)


def _batch(
    hu: np.ndarray, told: np.ndarray, which: np.ndarray, draw: np.random.Generator | None
) -> tuple[torch.Tensor, torch.Tensor]:
    pairs = [(hu[n].astype(np.float32), told[n].astype(np.float32)) for n in which]
    if draw is not None:
        pairs = [turned(breathed(image, draw), target, draw) for image, target in pairs]
    images, targets = (np.stack(column) for column in zip(*pairs, strict=True))
    return torch.from_numpy(images)[:, None], torch.from_numpy(targets)


if __name__ == "__main__":
    main()
