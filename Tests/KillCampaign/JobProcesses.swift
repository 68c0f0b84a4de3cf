import Foundation

/// The processes of a job, as `/proc` shows them.
struct JobProcesses {
  /// Of each rank that has been started.
  private(set) var ranks: [Int: pid_t] = [:]
  /// Of mpirun, if the job has one.
  private(set) var launcher: pid_t?
  private(set) var all: [pid_t] = []
  /// Open MPI's number for the job; nil before its first rank has been started.
  private(set) var jobNumber: UInt32?

  /// Finds the processes that name `mark` on their command lines; none of them is a zombie, which
  /// has no command line any more.
  init(naming mark: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    for process in names.compactMap({ pid_t($0) }) where process != getpid() {
      let arguments = Self.strings(in: "/proc/\(process)/cmdline")
      guard arguments.contains(mark) else { continue }
      all.append(process)
      if arguments[0].hasSuffix("mpirun") {
        launcher = process
      } else {
        let environment = Self.strings(in: "/proc/\(process)/environ")
        ranks[Self.number(of: "OMPI_COMM_WORLD_RANK", in: environment) ?? 0] = process
        jobNumber = Self.number(of: "PMIX_NAMESPACE", in: environment).map { UInt32($0) }
      }
    }
  }

  private static func number(of variable: String, in environment: [String]) -> Int? {
    environment.first { $0.hasPrefix("\(variable)=") }
      .flatMap { Int($0.dropFirst(variable.count + 1)) }
  }

  private static func strings(in file: String) -> [String] {
    (FileManager.default.contents(atPath: file) ?? Data())
      .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
