/// Sorts floats by their bits, eleven at a time: three passes, whatever their number.
///
/// Keeps the room it needs from one call to the next.
struct RadixSort {
  private static let radixBits = 11
  private static let bucketCount = 1 << radixBits
  private static let passes = 3

  private var keys: [UInt32] = []
  private var room: [UInt32] = []

  /// Sorts `values` in ascending order; -0 comes before 0, and there must be no NaN.
  mutating func sort(_ values: UnsafeMutableBufferPointer<Float>) {
    let count = values.count
    if keys.count < count {
      keys = [UInt32](repeating: 0, count: count)
      room = keys
    }
    keys.withUnsafeMutableBufferPointer { keys in
      room.withUnsafeMutableBufferPointer { room in
        var offsets = [Int](repeating: 0, count: Self.passes * Self.bucketCount)
        offsets.withUnsafeMutableBufferPointer { offsets in
          for index in 0..<count {
            let key = Self.key(of: values[index])
            keys[index] = key
            for pass in 0..<Self.passes { offsets[Self.bucket(of: key, in: pass)] += 1 }
          }
          Self.makeOffsets(of: offsets)
          for pass in 0..<Self.passes {
            let (from, to) = pass.isMultiple(of: 2) ? (keys, room) : (room, keys)
            for index in 0..<count {
              let key = from[index]
              let bucket = Self.bucket(of: key, in: pass)
              to[offsets[bucket]] = key
              offsets[bucket] += 1
            }
          }
          for index in 0..<count { values[index] = Self.value(of: room[index]) }
        }
      }
    }
  }

  /// Turns the sizes of each pass's buckets into their starts.
  private static func makeOffsets(of counts: UnsafeMutableBufferPointer<Int>) {
    for pass in 0..<passes {
      var start = 0
      for bucket in pass * bucketCount..<(pass + 1) * bucketCount {
        (counts[bucket], start) = (start, start + counts[bucket])
      }
    }
  }

  private static func bucket(of key: UInt32, in pass: Int) -> Int {
    pass * bucketCount + Int(key >> (pass * radixBits)) & (bucketCount - 1)
  }

  /// Returns a number that is the greater, the greater `value` is: negative floats' bits grow the
  /// other way, and their sign bit is set.
  private static func key(of value: Float) -> UInt32 {
    let bits = value.bitPattern
    return bits ^ (bits >> 31 == 1 ? .max : 1 << 31)
  }

  private static func value(of key: UInt32) -> Float {
    Float(bitPattern: key ^ (key >> 31 == 1 ? 1 << 31 : .max))
  }
}
