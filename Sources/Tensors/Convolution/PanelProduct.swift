import CKernels

/// A matrix in panels of a few columns, which is how ``multiply(_:_:by:into:rows:adding:)`` reads
/// its second operand.
struct MatrixPanels {
  static let width = Int(CK_PANEL)

  let pointer: UnsafePointer<Float>
  let strides: ck_panel_strides
  let rows, columns: Int
  private let storage: Storage?

  /// Copies a matrix into panels.
  init(_ matrix: UnsafePointer<Float>, _ strides: ck_matrix_strides, rows: Int, columns: Int) {
    let panels = (columns + Self.width - 1) / Self.width
    let storage = Storage(scratch: panels * rows * Self.width)
    ck_pack_panels(storage.pointer, matrix, strides, rows, columns)
    pointer = UnsafePointer(storage.pointer)
    self.strides = ck_panel_strides(row: Self.width, panel: rows * Self.width)
    (self.rows, self.columns, self.storage) = (rows, columns, storage)
  }

  /// Takes a dense matrix as it lies; its columns must be a multiple of ``width``.
  init(inPlace matrix: UnsafePointer<Float>, rows: Int, columns: Int) {
    precondition(columns.isMultiple(of: Self.width), "\(columns) columns leave part of a panel")
    pointer = matrix
    strides = ck_panel_strides(row: columns, panel: Self.width)
    (self.rows, self.columns, storage) = (rows, columns, nil)
  }
}

/// Computes C = A·B, or C += A·B, for an A that is in cache.
///
/// Faster than the general product, which copies both operands first, for matrices that small.
func multiply(
  _ a: UnsafePointer<Float>, _ strides: ck_matrix_strides, by b: MatrixPanels,
  into c: UnsafeMutablePointer<Float>, rows: Int, adding: Bool = false
) {
  withExtendedLifetime(b) {
    forEachRangeConcurrently(of: rows) { range in
      ck_panel_product(
        c + range.lowerBound * b.columns, b.columns, a + range.lowerBound * strides.row, strides,
        b.pointer, b.strides, range.count, b.columns, b.rows, adding)
    }
  }
}
