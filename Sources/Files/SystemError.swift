import Foundation

/// Why the system refused what it was asked to do.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The error number, such as `ENOSPC`.
  package let number: Int32

  package init(number: Int32) {
    self.number = number
  }

  /// That of the call that has just failed.
  package static var last: SystemError { SystemError(number: errno) }

  /// The system's words, such as "No space left on device".
  package var description: String { String(cString: strerror(number)) }
}

/// Returns the system's words for `error`, a ``SystemError`` or one of Foundation's file functions,
/// without the file names that Foundation puts around them.
package func systemReason(of error: any Error) -> String {
  if let error = error as? SystemError { return error.description }
  let cocoa = error as NSError
  // Not `as? NSError`: on Linux that fails for the Swift errors which Foundation puts here.
  guard let cause = (cocoa.userInfo[NSUnderlyingErrorKey] as? any Error) as NSError? else {
    return cocoa.localizedDescription
  }
  return cause.domain == NSPOSIXErrorDomain
    ? SystemError(number: Int32(cause.code)).description : cause.localizedDescription
}
