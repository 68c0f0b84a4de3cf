// swift-tools-version: 6.0
import PackageDescription

// Targets are listed floor by floor; a target imports only from the floors below its own.
let package = Package(
  name: "gan-dist",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    // Floor 0: the only C, files, and how figures are said.
    .systemLibrary(
      name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev", "openmpi-bin"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .target(name: "CMPI", dependencies: ["COpenMPI"]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
    .target(name: "Files"),
    .target(name: "Wording"),

    // Floor 1: numbers, ranks, pictures, checkpoints.
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
    .target(name: "Collectives", dependencies: ["Wording", "CMPI"]),
    .target(
      name: "Pictures", dependencies: ["Files", "Wording", "CPNG", "CTurboJPEG", "CCairo"]),
    .target(name: "Safetensors", dependencies: ["Files", "Wording"]),

    // Floor 2: networks and data.
    .target(name: "Layers", dependencies: ["Tensors", "Collectives", "CKernels"]),
    .target(
      name: "Portraits", dependencies: ["Files", "Wording", "Tensors", "Pictures", "CCairo"]),

    // Floor 3: architectures, objectives, growth; what tells images from others.
    .target(name: "GANs", dependencies: ["Wording", "Tensors", "Layers", "Portraits"]),
    .target(
      name: "Metrics",
      dependencies: [
        "Wording", "COpenBLAS", "Tensors", "Collectives", "Portraits", "Safetensors",
      ]),

    // Floor 4: the loop and what it writes.
    .target(
      name: "Training",
      dependencies: [
        "Files", "Wording", "Tensors", "Collectives", "Pictures", "Safetensors", "Layers",
        "Portraits", "GANs", "Metrics", "Yams",
      ]),

    // Floor 5: what training takes, and what models make of the same budget.
    .target(
      name: "Comparison",
      dependencies: [
        "Files", "Wording", "Tensors", "Collectives", "Pictures", "Portraits", "GANs", "Metrics",
        "Training",
      ]),
    .target(
      name: "Benchmarks",
      dependencies: [
        "Wording", "CKernels", "Tensors", "Collectives", "Portraits", "GANs", "Training",
      ]),

    // Floor 6: one file a command.
    .executableTarget(
      name: "gan-dist",
      dependencies: [
        "Wording", "Tensors", "Collectives", "Pictures", "Portraits", "GANs", "Metrics",
        "Training", "Benchmarks", "Comparison", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "WordingTests", dependencies: ["Wording"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels", "FixtureSupport"]),
    .target(name: "FixtureSupport", dependencies: ["Tensors"], path: "Tests/FixtureSupport"),
    .testTarget(
      name: "CollectivesTests",
      dependencies: ["Collectives", "CMPI", "CollectivesSupport", "MPIRunSupport"]),
    .target(
      name: "CollectivesSupport", dependencies: ["Collectives", "Wording", "CMPI"],
      path: "Tests/CollectivesSupport"),
    .target(name: "MPIRunSupport", path: "Tests/MPIRunSupport"),
    .executableTarget(
      name: "collectives-probe", dependencies: ["Collectives"], path: "Tests/CollectivesProbe"),
    .executableTarget(
      name: "kill-campaign",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/KillCampaign"),
    .testTarget(
      name: "PicturesTests", dependencies: ["Pictures"], resources: [.copy("Fixtures")]),
    .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors"]),
    .testTarget(name: "LayersTests", dependencies: ["Layers", "Tensors", "FixtureSupport"]),
    .testTarget(name: "GANsTests", dependencies: ["GANs", "Layers", "Tensors", "FixtureSupport"]),
    .testTarget(
      name: "MetricsTests",
      dependencies: [
        "Metrics", "Tensors", "Collectives", "Portraits", "Safetensors", "CollectivesSupport",
        "FixtureSupport", "MPIRunSupport",
      ]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "GANs", "Layers", "Portraits", "Pictures", "Tensors", "Collectives",
        "Safetensors", "CollectivesSupport", "FixtureSupport", "MPIRunSupport",
      ]),
    .executableTarget(
      name: "drift-probe", dependencies: ["Training", "Layers", "GANs", "Collectives"],
      path: "Tests/DriftProbe"),
    .testTarget(
      name: "BenchmarksTests",
      dependencies: [
        "Benchmarks", "GANs", "Tensors", "Collectives", "CollectivesSupport", "MPIRunSupport",
      ]),
    .testTarget(
      name: "ComparisonTests",
      dependencies: [
        "Comparison", "Training", "GANs", "Metrics", "Portraits", "Pictures", "Collectives",
        "MPIRunSupport",
      ]),
    .testTarget(name: "LaunchTests", dependencies: ["MPIRunSupport", "Yams"]),
    .testTarget(name: "PortraitsTests", dependencies: ["Portraits", "Pictures", "Tensors"]),
  ],
  swiftLanguageModes: [.v6]
)

// What Tests/Fuzzing/fuzz builds, with flags of its own; no other build knows of it.
if Context.environment["GAN_DIST_FUZZING"] != nil {
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzzing/CLibFuzzer"),
    .target(name: "FuzzingSupport", dependencies: ["CLibFuzzer"], path: "Tests/Fuzzing/Support"),
    .executableTarget(
      name: "fuzz-pictures", dependencies: ["Pictures", "FuzzingSupport"],
      path: "Tests/Fuzzing/Pictures"),
    .executableTarget(
      name: "fuzz-stores", dependencies: ["Portraits", "FuzzingSupport"],
      path: "Tests/Fuzzing/Stores"),
    .executableTarget(
      name: "fuzz-checkpoints", dependencies: ["Safetensors", "Training", "FuzzingSupport"],
      path: "Tests/Fuzzing/Checkpoints"),
    // The program's own sources, by a link, without its beginning.
    .executableTarget(
      name: "fuzz-options",
      dependencies: package.targets.filter { $0.name == "gan-dist" }.flatMap(\.dependencies)
        + ["FuzzingSupport"],
      path: "Tests/Fuzzing/Options",
      exclude: ["Command/main.swift", "Command/Documentation.docc"]),
  ]
}
