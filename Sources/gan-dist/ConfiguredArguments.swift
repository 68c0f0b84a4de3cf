import ArgumentParser
import Training

/// The arguments of a command line, with the options of the files that it names by `--config`.
struct ConfiguredArguments {
  /// The command line without `--config`.
  private var commandLine: [String] = []
  private var fileOptions: [ConfigurationFile.Option] = []

  /// - Throws: ``TrainingError`` if a file is not named, cannot be read, or is no mapping of
  ///   options to scalars.
  init(_ arguments: [String]) throws {
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      if argument == "--config" {
        guard let path = iterator.next() else {
          throw TrainingError(.usage, "--config needs the path of a YAML file")
        }
        fileOptions += try ConfigurationFile.options(in: path)
      } else if argument.hasPrefix("--config=") {
        fileOptions += try ConfigurationFile.options(
          in: String(argument.dropFirst("--config=".count)))
      } else {
        commandLine.append(argument)
      }
    }
  }

  /// What the parser gets: the options of files before all others, so that the command line has the
  /// last word.
  var merged: [String] {
    Array(commandLine.prefix(1)) + fileOptions.map(\.argument) + commandLine.dropFirst()
  }

  /// Parses them as a subcommand of `root`.
  /// - Throws: ``TrainingError`` that names the file and the line if an option in a file is to
  ///   blame, else what the parser throws.
  func parse<Root: ParsableCommand>(as root: Root.Type) throws -> any ParsableCommand {
    try requireKnownNames(to: root)
    do {
      return try root.parseAsRoot(merged)
    } catch {
      let message = root.message(for: error)
      guard root.exitCode(for: error) == .validationFailure, let option = culprit(of: message)
      else { throw error }
      throw TrainingError(.usage, "\(option.place): \(message)")
    }
  }

  /// Throws for the first name in a file that no option has; the parser would take it for one of
  /// the command line's, if it did not miss another option before.
  private func requireKnownNames<Root: ParsableCommand>(to root: Root.Type) throws {
    guard !fileOptions.isEmpty,
      let command = root.configuration.subcommands.first(where: {
        $0.configuration.commandName == commandLine.first
      })
    else { return }
    let known = Self.optionNames(inHelp: root.helpMessage(for: command, columns: 1000))
    guard let option = fileOptions.first(where: { !known.contains($0.name) }) else { return }
    // A letter in another's place is two differences.
    let nearest = known.map { ($0, Array(option.name).difference(from: Array($0)).count) }
      .min { $0.1 < $1.1 }
    let advice =
      nearest.flatMap { $0.1 <= 3 ? "did you mean \($0.0)?" : nil }
      ?? "gan-dist \(commandLine[0]) --help lists those that there are"
    throw TrainingError(
      .usage, "\(option.place): there is no option \(option.name); \(advice)")
  }

  /// The names that lines of a help text begin with.
  private static func optionNames(inHelp help: String) -> [String] {
    help.split(separator: "\n").compactMap { line in
      line.prefixMatch(of: #/  (?:-[a-z], )?--([a-z0-9-]+)/#).map { String($0.1) }
    }.filter { !["config", "help", "version"].contains($0) }
  }

  /// Returns the option in a file that a message of the parser is about.
  private func culprit(of message: String) -> ConfigurationFile.Option? {
    guard let name = message.firstMatch(of: #/--([a-z0-9-]+)/#)?.1 else { return nil }
    let isOnCommandLine = commandLine.contains { $0 == "--\(name)" || $0.hasPrefix("--\(name)=") }
    return fileOptions.last {
      $0.name == name && (!isOnCommandLine || message.contains("'\($0.value)'"))
    }
  }
}
