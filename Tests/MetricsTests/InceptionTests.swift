import Collectives
import Foundation
import MPIRunSupport
import Metrics
import Safetensors
import Tensors
import Testing

@Suite("Inception-v3")
struct InceptionTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "inception-tests-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func refusal(_ write: (inout SafetensorsWriter) -> Void) throws -> FeatureError? {
    defer { try? FileManager.default.removeItem(at: folder) }
    var writer = SafetensorsWriter()
    write(&writer)
    try writer.write(to: path("weights"))
    return #expect(throws: FeatureError.self) { try InceptionV3(contentsOf: path("weights")) }
  }

  @Test(
    "has the features of the same network in PyTorch",
    .enabled(
      if: Python.canImport("torch, safetensors.torch"),
      "needs a python3 with torch and safetensors; name one in GAN_DIST_PYTHON"),
    arguments: InceptionV3.Variant.allCases)
  func sameFeatures(variant: InceptionV3.Variant) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let pictures = WavePictures(count: 2, imageSize: 40)
    let pixels = pictures.pixels(of: 0..<2)
    try Data(pixels).write(to: folder.appending(path: "images"))
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures").standardizedFileURL.path
    try Python.run(
      """
      import sys
      sys.path.insert(0, sys.argv[1])
      from inception import write
      write(sys.argv[2] == "fid", *sys.argv[3:])
      """, fixtures, variant == .fid ? "fid" : "torchvision", path("images"), path("weights"),
      path("features"))
    let expected = try Data(contentsOf: folder.appending(path: "features")).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }

    let extractor = try InceptionV3(contentsOf: path("weights"))
    #expect(extractor.variant == variant)
    #expect(
      extractor.distanceNames.frechet
        == (variant == .fid ? "FID" : "Fréchet distance (Inception-v3, torchvision)"))
    let found = extractor.features(of: Tensor(shape: [2, 40, 40, 3], pixels.map { Float($0) }))
    #expect(found.shape == [2, 2048] && expected.count == 4096)
    let largest = expected.map { abs($0) }.max() ?? 0
    #expect(largest > 0.01)
    #expect(zip(found.scalars, expected).allSatisfy { abs($0 - $1) < 1e-4 * largest })
  }

  @Test("is not read from a file that does not say whose weights it holds")
  func missingLastLayer() throws {
    let error = try refusal { $0.add("Conv2d_1a_3x3.bn.bias", shape: [32], floats: zeros(32)) }
    #expect(
      "\(error as Any)".contains(
        "does not hold Inception-v3: fc.weight is missing, which tells the weights of pytorch-fid"))
  }

  @Test("is not read from a file with other classes")
  func otherClasses() throws {
    let error = try refusal { $0.add("fc.weight", shape: [10, 2048], floats: zeros(20_480)) }
    #expect(
      "\(error as Any)".contains(
        "fc.weight should have the shape [1008, 2048] or [1000, 2048], not [10, 2048]"))
  }

  @Test("is not read from a file that lacks a tensor or holds it in another layout")
  func otherTensors() throws {
    let missing = try refusal {
      $0.add("fc.weight", shape: [1008, 2048], floats: zeros(2_064_384))
    }
    #expect("\(missing as Any)".contains("Conv2d_1a_3x3.bn.weight is missing; convert pytorch-fid"))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let turned = try refusal { writer in
      writer.add("fc.weight", shape: [1008, 2048], floats: zeros(2_064_384))
      for part in ["weight", "bias", "running_mean", "running_var"] {
        writer.add("Conv2d_1a_3x3.bn.\(part)", shape: [32], floats: zeros(32))
      }
      writer.add("Conv2d_1a_3x3.conv.weight", shape: [3, 3, 3, 32], floats: zeros(864))
    }
    #expect(
      "\(turned as Any)".contains(
        "Conv2d_1a_3x3.conv.weight should have the shape [32, 3, 3, 3], not [3, 3, 3, 32]"))
  }

  private func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }
}
