import CKernels

extension Tensor {
  /// Returns the features of each pixel, `[…, channels]`, divided by the root of their mean square
  /// plus `epsilon` (Karras et al., 2018).
  public func pixelNormalized(epsilon: Float) -> Tensor {
    let channels = shape[rank - 1]
    let rows = count / max(1, channels)
    return Tensor(shape: shape) { out in
      forEachElementRange(of: rows, width: channels) {
        let start = $0.lowerBound * channels
        ck_divide_by_root_mean_square(
          out.start + start, pointer + start, $0.count, channels, epsilon)
      }
    }
    .recorded(
      from: [self], keeping: [.input(0)],
      remaking: { $0(0).detached.pixelNormalized(epsilon: epsilon) }
    ) { pass in
      if pass.isDifferentiable {
        return pass.gradients { inputs in
          let x = inputs[0]
          return x / (x.squared().mean(alongAxes: x.rank - 1) + epsilon).squareRoot()
        }
      }
      let x = pass.input(0)
      return [
        pass.overwritingUpstream { result, upstream in
          forEachElementRange(of: rows, width: channels) {
            let start = $0.lowerBound * channels
            ck_root_mean_square_gradient(
              result + start, upstream + start, x.pointer + start, $0.count, channels, epsilon)
          }
        }
      ]
    }
  }
}
