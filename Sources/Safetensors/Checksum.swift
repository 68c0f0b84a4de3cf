/// How gan-dist makes damage to a safetensors file visible.
///
/// The format itself has no checksum, so two keys of `__metadata__` carry one:
/// `gan-dist.checksum` is eight lower-case hexadecimal digits, the CRC-32C of the whole file (the
/// eight bytes of length, the header and the data) taken with those eight digits as `00000000`;
/// `gan-dist.checksum.scope` says so in words. Either key without the other is itself damage.
enum Checksum {
  static let valueKey = "gan-dist.checksum"
  static let scopeKey = "gan-dist.checksum.scope"
  static let scope = "CRC-32C of the whole file with the digits of gan-dist.checksum as 00000000"
  static let placeholder = "00000000"
}

/// Whether a reader insists that a file carries a checksum.
public enum ChecksumPolicy: Sendable {
  /// A checksum is verified where there is one: files of other programs have none.
  case verifiedWhenPresent
  /// A file without a checksum is refused: right for files that gan-dist itself wrote.
  case required
}
