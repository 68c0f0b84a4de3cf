/// The element types of the safetensors format, by the names that the format gives them.
public enum SafetensorsDType: String, Sendable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case float8E8M0 = "F8_E8M0"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bytes an element takes, which is also its alignment.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0: return 1
    case .int16, .uint16, .float16, .bfloat16: return 2
    case .int32, .uint32, .float32: return 4
    case .complex64, .float64, .int64, .uint64: return 8
    }
  }
}

/// An integer type whose arrays can be stored as they are.
public protocol SafetensorsInteger: FixedWidthInteger & BitwiseCopyable & Sendable {
  static var safetensorsDType: SafetensorsDType { get }
}

extension UInt8: SafetensorsInteger {
  public static var safetensorsDType: SafetensorsDType { .uint8 }
}

extension Int32: SafetensorsInteger {
  public static var safetensorsDType: SafetensorsDType { .int32 }
}

extension UInt32: SafetensorsInteger {
  public static var safetensorsDType: SafetensorsDType { .uint32 }
}

extension Int64: SafetensorsInteger {
  public static var safetensorsDType: SafetensorsDType { .int64 }
}

extension UInt64: SafetensorsInteger {
  public static var safetensorsDType: SafetensorsDType { .uint64 }
}
