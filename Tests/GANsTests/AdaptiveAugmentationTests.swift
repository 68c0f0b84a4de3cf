import GANs
import Testing

@Suite("Adaptive augmentation")
struct AdaptiveAugmentationTests {
  @Test("the probability rises while the mean sign is above its target, and falls otherwise")
  func direction() {
    let control = AdaptiveAugmentation(target: 0.5, rampImages: 1000)
    #expect(control.adjusted(0.25, meanSign: 0.6, images: 250) == 0.5)
    #expect(control.adjusted(0.75, meanSign: 0.5, images: 250) == 0.5)
    #expect(control.adjusted(0.75, meanSign: -1, images: 250) == 0.5)
  }

  @Test("it stays a probability")
  func bounds() {
    let control = AdaptiveAugmentation(target: 0, rampImages: 1000)
    #expect(control.adjusted(0.9, meanSign: 1, images: 250) == 1)
    #expect(control.adjusted(0.1, meanSign: -1, images: 250) == 0)
  }
}
