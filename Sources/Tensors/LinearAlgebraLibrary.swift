import COpenBLAS

/// The BLAS library behind matrix products.
public enum LinearAlgebraLibrary {
  /// The number of threads that one matrix product uses.
  public static var threadCount: Int {
    get { Int(openblas_get_num_threads()) }
    set { openblas_set_num_threads(Int32(newValue)) }
  }

  /// The library's name and version.
  public static var version: String {
    String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(separator: " ")
  }

  /// The processor type whose kernels are in use, such as "Haswell" or "SkylakeX".
  public static var coreType: String { String(cString: openblas_get_corename()) }
}
