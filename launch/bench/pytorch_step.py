#!/usr/bin/env python3
"""Times the training step of a model in PyTorch on the CPU, to compare gan-dist with.

    python3 launch/bench/pytorch_step.py --model dcgan --variant tuned --threads 2
    python3 -m torch.distributed.run --standalone --nproc-per-node 2 \\
        launch/bench/pytorch_step.py --model dcgan --variant tuned --threads 1 --ddp

The networks are those of `pytorch_networks.py` and `pytorch_rivals.py`, the step is the one gan-dist
takes: a global batch of 64 synthetic 64x64 images, the discriminator's updates, then the generator's.
Networks that grow are timed at their full size. Variants, of which models other than dcgan and paper
have no eager one:

    eager     as pytorch/examples is written: contiguous tensors, sigmoid and BCELoss, separate
              backward passes, the discriminator's unused gradients computed in the generator's
              phase, three `.item()` a step
    tuned     what PyTorch's tuning guide advises: channels_last, logits in the loss, one backward
              pass a phase, no gradient nobody reads, fused Adam or for-each Adamax, denormals
              flushed
    compiled  tuned, with both networks through torch.compile
    bf16      tuned, forward passes under autocast to bfloat16

Data are ready in memory, so PyTorch pays for no loader. The rate is that of the median step.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import sys
import time
import warnings

import torch
from torch import distributed, nn
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from pytorch_networks import LATENT_SIZE, make_networks
from pytorch_rivals import (
    RECIPES,
    discriminator_loss,
    generator_loss,
    make_optimizer,
    make_rival,
    slope_penalty,
)
from wording import counted

GLOBAL_BATCH_SIZE = 64
LABEL_NOISE = 0.05


@contextlib.contextmanager
def resting_spectral_norms(network):
    """Passes that scale weights by the vectors there are, without another power iteration."""
    layers = [layer for layer in network.modules() if hasattr(layer, "weight_u")]
    for layer in layers:
        layer.eval()
    try:
        yield
    finally:
        for layer in layers:
            layer.train()


class Trainer:
    """Both networks, their optimizers, and one training step in the variant asked for."""

    def __init__(self, model, variant, batch_size, is_distributed):
        self.model = model
        self.batch_size = batch_size
        self.is_plain = variant == "eager"
        self.uses_bfloat16 = variant == "bf16"
        self.recipe = RECIPES.get(model)
        self.latent_size = self.recipe.latent_size if self.recipe else LATENT_SIZE
        self.generator, self.discriminator = (
            make_rival(model) if self.recipe else make_networks(model)
        )
        for network in (self.generator, self.discriminator):
            for parameter in network.parameters():
                # Weights with an equalised learning rate stay as they begin.
                if parameter.dim() > 1 and model != "pggan":
                    nn.init.normal_(parameter, 0, 0.02)
            if not self.is_plain:
                network.to(memory_format=torch.channels_last)
            if model == "paper":
                # Its layers run as in inference: see gan-dist's PaperGAN.
                network.eval()
        self.generator_optimizer = self.make_optimizer("generator")
        self.discriminator_optimizer = self.make_optimizer("discriminator")
        if variant == "compiled":
            self.generator = torch.compile(self.generator)
            self.discriminator = torch.compile(self.discriminator)
        # The generator's phase needs no reduction of the discriminator's gradients.
        self.judge = self.discriminator
        if is_distributed:
            # Batch statistics stay local, as gan-dist's do unless asked otherwise. Newer versions
            # of PyTorch would like the option to be called forward_sync_buffers.
            warnings.filterwarnings("ignore", message=".*broadcast_buffers", category=FutureWarning)
            self.generator = DistributedDataParallel(self.generator, broadcast_buffers=False)
            self.discriminator = DistributedDataParallel(
                self.discriminator, broadcast_buffers=False
            )
            if self.is_plain:
                self.judge = self.discriminator

    def make_optimizer(self, role):
        network = getattr(self, role)
        if self.recipe:
            options = getattr(self.recipe, f"{role}_optimizer")
            faster = {"fused": True} if "betas" in options else {"foreach": True}
            return make_optimizer(network, options, **faster)
        parameters = network.parameters()
        if self.model == "paper":
            options = {} if self.is_plain else {"foreach": True}
            return torch.optim.Adamax(
                parameters, lr=1.5e-4, betas=(0.5, 0.999), eps=1e-7, **options
            )
        options = {} if self.is_plain else {"fused": True}
        return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), **options)

    def precision(self):
        if self.uses_bfloat16:
            return torch.autocast("cpu", torch.bfloat16)
        return contextlib.nullcontext()

    def latents(self):
        return torch.randn(self.batch_size, self.latent_size)

    def step(self, reals):
        """The updates of both networks; returns both losses."""
        if self.recipe:
            return self.rival_step(reals)
        if self.model == "dcgan":
            return self.plain_dcgan_step(reals) if self.is_plain else self.dcgan_step(reals)
        return self.paper_step(reals)

    def plain_dcgan_step(self, reals):
        criterion = nn.BCELoss()
        label = torch.full((self.batch_size,), 1.0)

        self.discriminator.zero_grad()
        output = torch.sigmoid(self.discriminator(reals))
        real_loss = criterion(output, label)
        real_loss.backward()
        output.mean().item()
        fakes = self.generator(self.latents())
        label.fill_(0.0)
        output = torch.sigmoid(self.discriminator(fakes.detach()))
        fake_loss = criterion(output, label)
        fake_loss.backward()
        output.mean().item()
        self.discriminator_optimizer.step()

        self.generator.zero_grad()
        label.fill_(1.0)
        output = torch.sigmoid(self.judge(fakes))
        generator_loss = criterion(output, label)
        generator_loss.backward()
        output.mean().item()
        self.generator_optimizer.step()
        return (real_loss + fake_loss).item(), generator_loss.item()

    def dcgan_step(self, reals):
        with self.precision():
            fakes = self.generator(self.latents())
            real_logits = self.discriminator(reals)
            fake_logits = self.discriminator(fakes.detach())
        loss = loss_against(real_logits, 1.0) + loss_against(fake_logits, 0.0)
        self.update_discriminator(loss)
        return loss.item(), self.update_generator(fakes)

    def paper_step(self, reals):
        with torch.no_grad(), self.precision():
            fakes = self.generator(self.latents())
        images = torch.cat([reals, fakes.float()])
        with self.precision():
            logits = self.discriminator(images)
        labels = torch.cat([torch.ones(self.batch_size), torch.zeros(self.batch_size)])
        labels += LABEL_NOISE * torch.rand(2 * self.batch_size)
        if self.is_plain:
            # BCELoss refuses the labels above 1 that the noise makes, and Keras does not.
            probabilities = torch.sigmoid(logits).clamp(1e-7, 1 - 1e-7)
            loss = -(
                labels * probabilities.log() + (1 - labels) * (1 - probabilities).log()
            ).mean()
        else:
            loss = functional.binary_cross_entropy_with_logits(logits.float(), labels)
        self.update_discriminator(loss)

        with self.precision():
            fakes = self.generator(self.latents())
        return loss.item(), self.update_generator(fakes)

    def rival_step(self, reals):
        """As many updates of the discriminator as the recipe has, all with the same images.

        Power iterations of spectral normalisation advance once in each update of their network.
        """
        recipe = self.recipe
        for update in range(1, recipe.discriminator_updates + 1):
            is_judged_again = (
                update == recipe.discriminator_updates and not recipe.draws_fresh_latents
            )
            resting = contextlib.nullcontext()
            if not is_judged_again:
                resting = resting_spectral_norms(self.generator)
            with resting, torch.set_grad_enabled(is_judged_again), self.precision():
                fakes = self.generator(self.latents())
            shown = fakes.detach()
            with self.precision():
                if recipe.judges_apart:
                    real_logits, fake_logits = self.discriminator(reals), self.discriminator(shown)
                else:
                    logits = self.discriminator(torch.cat([reals, shown]))
                    real_logits, fake_logits = logits.split(self.batch_size)
            loss = discriminator_loss(recipe, real_logits.float(), fake_logits.float())
            penalized = loss
            if recipe.penalty_weight > 0:
                places = torch.rand(self.batch_size)
                with self.precision():
                    slope = slope_penalty(recipe, self.discriminator, reals, shown, places)
                penalized = loss + slope
            self.update_discriminator(penalized)
            if recipe.weight_limit is not None:
                for parameter in self.discriminator.parameters():
                    parameter.data.clamp_(-recipe.weight_limit, recipe.weight_limit)
        if not is_judged_again:
            with self.precision():
                fakes = self.generator(self.latents())
        return loss.item(), self.update_generator(fakes)

    def update_discriminator(self, loss):
        self.discriminator_optimizer.zero_grad()
        loss.backward()
        self.discriminator_optimizer.step()

    def update_generator(self, fakes):
        """Teaches the generator, by default without the discriminator's weight gradients."""
        self.generator_optimizer.zero_grad()
        self.judge.requires_grad_(self.is_plain)
        with resting_spectral_norms(self.judge), self.precision():
            logits = self.judge(fakes).float()
        if self.recipe:
            loss = generator_loss(self.recipe, logits)
        else:
            loss = loss_against(logits, 1.0)
        loss.backward()
        self.judge.requires_grad_(True)
        self.generator_optimizer.step()
        return loss.item()


def loss_against(logits, label):
    logits = logits.float()
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def measure(arguments, ranks):
    """Trains on synthetic images and returns what was seen, as a dictionary."""
    batch_size = GLOBAL_BATCH_SIZE // ranks
    trainer = Trainer(arguments.model, arguments.variant, batch_size, arguments.ddp)
    images = [torch.rand(batch_size, 3, 64, 64) for _ in range(4)]
    if arguments.model != "paper":
        images = [batch * 2 - 1 for batch in images]
    if arguments.variant != "eager":
        images = [batch.contiguous(memory_format=torch.channels_last) for batch in images]

    seconds = []
    for step in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        discriminator_loss, generator_loss = trainer.step(images[step % len(images)])
        if step >= arguments.warmup:
            seconds.append(time.perf_counter() - start)
    updates = trainer.recipe.discriminator_updates if trainer.recipe else 1
    median = statistics.median(seconds)
    return {
        "model": arguments.model,
        "variant": arguments.variant,
        "ranks": ranks,
        "threads": torch.get_num_threads(),
        "batchSize": batch_size * ranks,
        "steps": arguments.steps,
        # Real images, as gan-dist counts them.
        "imagesPerSecond": batch_size * ranks * updates / median,
        "millisecondsPerStep": 1000 * median,
        "fastestMilliseconds": 1000 * min(seconds),
        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "discriminatorLoss": discriminator_loss,
        "generatorLoss": generator_loss,
        "torch": torch.__version__,
        "instructionSet": torch.backends.cpu.get_cpu_capability(),
    }


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=("dcgan", "paper", *RECIPES), default="dcgan")
    parser.add_argument(
        "--variant", choices=("eager", "tuned", "compiled", "bf16"), default="tuned"
    )
    parser.add_argument("--threads", type=int, help="threads a rank (default: cores / ranks)")
    parser.add_argument("--steps", type=int, default=20, help="steps timed (default: 20)")
    parser.add_argument("--warmup", type=int, default=3, help="steps before them (default: 3)")
    parser.add_argument("--ddp", action="store_true", help="DistributedDataParallel over gloo")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    if arguments.ddp and "WORLD_SIZE" not in os.environ:
        parser.error("--ddp needs the ranks that `python3 -m torch.distributed.run` starts")
    if arguments.variant == "eager" and arguments.model in RECIPES:
        parser.error(f"{arguments.model} has no eager variant")
    if arguments.steps < 1 or arguments.warmup < 0:
        parser.error("--steps must be at least 1 and --warmup at least 0")
    return arguments


def main():
    arguments = parse_arguments()
    ranks, rank = 1, 0
    if arguments.ddp:
        distributed.init_process_group("gloo")
        ranks, rank = distributed.get_world_size(), distributed.get_rank()
        if GLOBAL_BATCH_SIZE % ranks:
            sys.exit(f"the batch of {GLOBAL_BATCH_SIZE} does not divide among {ranks} ranks")
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(arguments.threads or max(1, cores // ranks))
    torch.manual_seed(rank)
    if arguments.variant != "eager":
        torch.set_flush_denormal(True)

    seen = measure(arguments, ranks)
    if arguments.ddp:
        distributed.destroy_process_group()
    if rank != 0:
        return
    if arguments.json:
        print(json.dumps(seen))
    else:
        size = f"{counted(seen['ranks'], 'rank')} x {counted(seen['threads'], 'thread')}"
        print(
            "{model} {variant}: {imagesPerSecond:.1f} images/s, {millisecondsPerStep:.1f} ms "
            "a step (fastest {fastestMilliseconds:.1f}), {peakMegabytes:.0f} MB, {size}, "
            "torch {torch} with {instructionSet}".format(size=size, **seen)
        )


if __name__ == "__main__":
    main()
