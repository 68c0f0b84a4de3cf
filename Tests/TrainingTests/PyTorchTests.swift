import Foundation
import MPIRunSupport
import Pictures
import Testing
import Training

extension ProgramTests {
  /// `GAN_DIST_PYTHON` names the interpreter; without it `python3` is looked for on the path.
  @Suite(
    "read by PyTorch",
    .enabled(
      if: Python.canImport("torch, safetensors.torch"),
      "needs a python3 with torch and safetensors; name one in GAN_DIST_PYTHON"))
  struct PyTorchTests {
    @Test("a checkpoint makes the same images from the same latents", arguments: ["ema", "raw"])
    func sameImages(weights: String) throws {
      let program = try Program()
      // PyTorch's networks have the full widths.
      let trained = try program.run([
        "train", "--painted-count", "16", "--batch-size", "8", "--steps", "2", "--sample-count",
        "1", "--output", program.path("run"),
      ])
      try #require(trained.exitCode == 0, "\(trained.standardError)")
      let (checkpoint, _) = try Checkpoint.open(program.path("run"))
      let gan = try checkpoint.configuration.makeGAN()
      let generator = ImageGenerator(
        gan: gan, state: try checkpoint.generator(of: gan, averaged: weights == "ema"))
      let latents = generator.latents(seed: 6, indices: 0..<3)
      try latents.scalars.withUnsafeBytes { Data($0) }
        .write(to: URL(fileURLWithPath: program.path("latents")))

      try Python.run(
        """
        import sys, torch
        from safetensors.torch import load_file
        checkpoint, prefix, latents, images, networks = sys.argv[1:]
        sys.path.insert(0, networks)
        from pytorch_networks import DCGANGenerator
        state = {name.removeprefix(prefix): tensor
                 for name, tensor in load_file(checkpoint).items() if name.startswith(prefix)}
        generator = DCGANGenerator()
        answer = generator.load_state_dict(state, strict=False)
        assert not answer.unexpected_keys, answer
        assert all(k.endswith("num_batches_tracked") for k in answer.missing_keys), answer
        z = torch.frombuffer(bytearray(open(latents, "rb").read()), dtype=torch.float32)
        with torch.no_grad():
            made = generator.eval()(z.view(3, 100)).permute(0, 2, 3, 1).contiguous()
        open(images, "wb").write(made.numpy().tobytes())
        """,
        program.checkpointFile(of: "run", step: 2),
        weights == "ema" ? "generator_ema." : "generator.", program.path("latents"),
        program.path("images"), Python.networks)
      let theirs = try Data(contentsOf: URL(fileURLWithPath: program.path("images")))
        .withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let ours = generator.images(from: latents).scalars
      try #require(theirs.count == ours.count)
      #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) < 1e-4 })

      // The command draws them, too, in steps of 1/255.
      let outcome = try program.run([
        "generate", program.path("run"), "--layout", "files", "--count", "3", "--seed", "6",
        "--weights", weights, "--output", program.path("portraits"),
      ])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let drawn = try (0..<3).flatMap {
        try Picture(contentsOf: program.path("portraits/00000\($0).png")).pixels
      }
      #expect(
        zip(drawn, theirs).allSatisfy { abs(Float($0) - ($1 + 1) * 127.5) < 0.51 })
    }

    @Test("networks with spectral normalisation load without a key missing or left over")
    func spectralNormalization() throws {
      let program = try Program()
      let trained = try program.run([
        "train", "--model", "sagan", "--feature-maps", "8", "--painted-count", "16",
        "--batch-size", "4", "--steps", "1", "--sample-count", "1", "--output",
        program.path("run"),
      ])
      try #require(trained.exitCode == 0, "\(trained.standardError)")
      try Python.run(
        """
        import sys, torch
        from safetensors.torch import load_file
        checkpoint, networks = sys.argv[1:]
        sys.path.insert(0, networks)
        from pytorch_layers import set_right_vectors
        from pytorch_rivals import ResidualDiscriminator, ResidualGenerator
        stored = load_file(checkpoint)
        for prefix, network in [
            ("generator_ema.", ResidualGenerator(64, 8, 128, True)),
            ("generator.", ResidualGenerator(64, 8, 128, True)),
            ("discriminator.", ResidualDiscriminator(64, 8, True)),
        ]:
            state = {name.removeprefix(prefix): tensor
                     for name, tensor in stored.items() if name.startswith(prefix)}
            # PyTorch's counters of batches, which it does not use.
            state |= {name: buffer for name, buffer in network.named_buffers()
                      if name.endswith("num_batches_tracked")}
            network.load_state_dict(state, strict=True)
            set_right_vectors(network)
            vectors = [name for name in state if name.endswith("weight_v")]
            assert vectors
            for name, buffer in network.named_buffers():
                if name.endswith("weight_v"):
                    assert torch.allclose(buffer, state[name], atol=1e-5), name
        """,
        program.checkpointFile(of: "run", step: 1), Python.networks)
    }
  }
}

extension Python {
  /// The folder of the networks in PyTorch.
  fileprivate static let networks = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../launch/bench").standardizedFileURL.path
}
