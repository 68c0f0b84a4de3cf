import COpenBLAS

/// The BLAS library behind matrix products.
public enum LinearAlgebraLibrary {
  /// Leaves the threads to ``ComputeThreads``: the library's own would look for work all the time
  /// that those compute.
  package static let runsOnCallingThread: Void = openblas_set_num_threads(1)

  /// The library's name and version.
  public static var version: String {
    String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
  }

  /// The processor type whose kernels are in use, such as "Haswell" or "SkylakeX".
  public static var coreType: String { String(cString: openblas_get_corename()) }
}
