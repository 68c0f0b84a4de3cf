import CKernels

/// The passes over memory that the normalisation of batches or samples is made of, on all compute
/// threads.
///
/// Features are `[groups, rows, channels]` under whatever shape, vectors `[groups, channels]`.
struct NormalizationPasses {
  /// The number of rows of each group.
  let rows: Int
  let mean: Tensor
  /// What features are multiplied by, and what is added then.
  let scale, shift: Tensor
  /// Of the rectifier, where its input is negative.
  let slope: Float

  private var groups: Int { mean.shape[0] }
  private var channels: Int { mean.shape[1] }

  /// Returns rectify(x·scale + shift).
  func features(of x: Tensor) -> Tensor {
    Tensor(shape: x.shape) { out in
      forEachRange { group, start, count in
        ck_scale_shift_rectify(
          out.start + start, x.pointer + start, kernel(group), count, channels)
      }
    }
  }

  /// Returns Σg and Σg·(x − μ), where g is `upstream` gated by the rectifier.
  func sums(of upstream: Tensor, at x: Tensor) -> (g: Tensor, gCentered: Tensor) {
    let spans = RowSpans(rows: rows, width: channels)
    let (g, gCentered) = (
      Tensor(uninitialized: mean.shape), Tensor(uninitialized: mean.shape)
    )
    spans.forEach(ofMatrices: groups, results: 2 * channels) { group, span, sums in
      let start = (group * rows + spans[span].lowerBound) * channels
      ck_normalization_sums(
        sums, sums + channels, upstream.pointer + start, x.pointer + start, kernel(group),
        spans[span].count, channels)
    } join: { group, sums in
      for span in 1..<spans.count {
        ck_add_sums(sums, sums + span * 2 * channels, 2 * channels)
      }
      ck_round_sums(g.pointer + group * channels, sums, channels)
      ck_round_sums(gCentered.pointer + group * channels, sums + channels, channels)
    }
    return (g, gCentered)
  }

  /// Writes scale·g + (x − μ)·slopeOfX + offset, where g is `upstream` gated by the rectifier; the
  /// two may be the same memory.
  func writeInputGradient(
    _ result: UnsafeMutablePointer<Float>, of upstream: UnsafePointer<Float>, at x: Tensor,
    slopeOfX: Tensor, offset: Tensor
  ) {
    forEachRange { group, start, count in
      ck_normalization_input_gradient(
        result + start, upstream + start, x.pointer + start, kernel(group),
        slopeOfX.pointer + group * channels, offset.pointer + group * channels, count, channels)
    }
  }

  private func kernel(_ group: Int) -> ck_normalization {
    ck_normalization(
      mean: mean.pointer + group * channels, scale: scale.pointer + group * channels,
      shift: shift.pointer + group * channels, slope: slope)
  }

  /// Calls `body` with a group, the index of the first element and the number of rows.
  private func forEachRange(_ body: (_ group: Int, _ start: Int, _ count: Int) -> Void) {
    for group in 0..<groups {
      forEachElementRange(of: rows, width: channels) {
        body(group, (group * rows + $0.lowerBound) * channels, $0.count)
      }
    }
  }
}

extension Tensor {
  /// Returns the mean and the biased variance of each channel in each of `groups` consecutive parts
  /// of the batch, over all replicas: `[groups, channels]`.
  func batchMoments(
    groups: Int, replicas: (any ReplicaSum)?
  ) -> (mean: Tensor, variance: Tensor) {
    let channels = shape[rank - 1]
    let rows = count / channels / groups
    let spans = RowSpans(rows: rows, width: channels)
    let (mean, squares) = (
      Tensor(uninitialized: [groups, channels]), Tensor(uninitialized: [groups, channels])
    )
    spans.forEach(ofMatrices: groups, results: 2 * channels) { group, span, moments in
      let start = (group * rows + spans[span].lowerBound) * channels
      ck_moments(moments, moments + channels, pointer + start, spans[span].count, channels)
    } join: { group, moments in
      for span in 1..<spans.count {
        let added = moments + span * 2 * channels
        ck_join_moments(
          moments, moments + channels, spans[span].lowerBound, added, added + channels,
          spans[span].count, channels)
      }
      ck_round_sums(mean.pointer + group * channels, moments, channels)
      ck_round_sums(squares.pointer + group * channels, moments + channels, channels)
    }
    guard let replicas else { return (mean, squares / Float(rows)) }
    // Around the mean of all replicas, the squares of each are larger by those of its distance.
    let total = Float(rows * replicas.replicaCount)
    let sharedMean = (mean * Float(rows)).summed(over: replicas) / total
    let sharedSquares = squares + (mean - sharedMean).squared() * Float(rows)
    return (sharedMean, sharedSquares.summed(over: replicas) / total)
  }
}
