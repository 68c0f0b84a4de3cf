import Collectives
import Portraits
import Tensors

/// The portraits of a data set that come nearest to a picture.
public struct NearestPortraits: Codable, Sendable, Equatable {
  /// One of them.
  public struct Neighbour: Codable, Sendable, Equatable {
    /// Its index in the data set.
    public let portrait: Int
    /// Its distance from the picture (``Thumbnail/distance(to:)``).
    public let distance: Float
  }

  /// The index of the picture in its own set.
  public let picture: Int
  /// The nearest portraits, the nearest first; of equally near ones the first in the data set.
  public let neighbours: [Neighbour]
}

/// The thumbnails of a data set, to find a picture's nearest portraits in.
///
/// Training mirrors portraits, so each is looked at both ways.
public struct PortraitSearch: Sendable {
  private let thumbnails: [Thumbnail]

  /// Looks at all portraits of `source`, whose size is a multiple of that of a ``Thumbnail``.
  public init(in source: any PortraitSource) {
    thumbnails = concurrentMap(source.count) { index in
      source.withPixels(of: index) { Thumbnail(of: $0, size: source.imageSize) }
    }
  }

  /// Returns the `count` portraits nearest to a picture, or all if there are fewer.
  /// - Parameter excluded: a portrait to leave out, which is the picture itself.
  public func nearest(
    _ count: Int, to picture: Thumbnail, excluding excluded: Int? = nil
  ) -> [NearestPortraits.Neighbour] {
    let mirrored = picture.mirrored
    var nearest: [NearestPortraits.Neighbour] = []
    for (portrait, thumbnail) in thumbnails.enumerated() where portrait != excluded {
      let distance = min(thumbnail.distance(to: picture), thumbnail.distance(to: mirrored))
      guard nearest.count < count || distance < nearest[nearest.count - 1].distance else {
        continue
      }
      if nearest.count == count { nearest.removeLast() }
      let place = nearest.firstIndex { $0.distance > distance } ?? nearest.count
      nearest.insert(.init(portrait: portrait, distance: distance), at: place)
    }
    return nearest
  }

  /// Returns the nearest portraits of each picture of a set, which is shared out among the ranks.
  ///
  /// Every rank calls this, with its own share, and gets the same result, which is the same, to the
  /// bit, for any number of ranks and threads.
  /// - Throws: `CollectiveError` if the ranks could not be reached.
  public func nearest(
    _ count: Int, toEachOf share: ImageShare, over communicator: any Communicator
  ) throws -> [NearestPortraits] {
    let wanted = min(count, thumbnails.count)
    let pictures = Array(share.range)
    let own = concurrentMap(pictures.count) { index in
      nearest(
        wanted,
        to: share.withPixels(of: pictures[index]) { Thumbnail(of: $0, size: share.imageSize) })
    }
    let all = try communicator.allGatherInOrder(
      own.joined().map { Found(portrait: $0.portrait, distance: $0.distance) })
    return (0..<share.totalCount).map { picture in
      NearestPortraits(
        picture: picture,
        neighbours: all[picture * wanted..<(picture + 1) * wanted].map {
          .init(portrait: $0.portrait, distance: $0.distance)
        })
    }
  }

  /// Returns the distance of each of these portraits from the nearest other one; none if there is
  /// no other.
  public func distancesToOthers(of portraits: [Int]) -> [Float] {
    concurrentMap(portraits.count) { index in
      nearest(1, to: thumbnails[portraits[index]], excluding: portraits[index]).first?.distance
    }.compactMap { $0 }
  }

  private struct Found: BitwiseCopyable {
    let portrait: Int
    let distance: Float
  }
}
