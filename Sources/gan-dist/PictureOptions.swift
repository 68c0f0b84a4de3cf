import ArgumentParser
import Pictures

/// How files become square images.
struct PictureOptions: ParsableArguments {
  @Option(help: "Folder for decoded images. (default: gan-dist in the user's cache folder)")
  var cache: String?

  @Option(help: "How pictures that are not square are made so.")
  var fit = Fit.crop

  @Option(help: "Colour behind transparent pixels and beside padded pictures: a name or #rrggbb.")
  var background = RGB.white
}

extension Fit: ExpressibleByArgument {}
extension RGB: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public var defaultValueDescription: String { description }
}
