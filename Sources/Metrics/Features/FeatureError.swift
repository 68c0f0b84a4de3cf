/// Why there are no features to compare images by.
public enum FeatureError: Error, CustomStringConvertible, Equatable {
  /// The network that `extractor` names answers with infinities or NaN.
  case notFinite(extractor: String)
  /// The file at `path` is not Inception-v3, for the reason given.
  case notInception(path: String, reason: String)

  /// One sentence for the user: what, where, and what to do.
  public var description: String {
    switch self {
    case .notFinite(let extractor):
      "the features (\(extractor)) of some images are not finite numbers; check the file of weights"
    case .notInception(let path, let reason):
      "\(path) does not hold Inception-v3: \(reason); convert pytorch-fid's "
        + "pt_inception-2015-12-05 or torchvision's inception_v3 with safetensors.torch.save_file, "
        + "names and shapes as they are"
    }
  }
}
