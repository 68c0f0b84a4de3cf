import GANs
import Layers
import Tensors
import Testing

@Suite("Schedules")
struct ScheduleTests {
  @Test("the critic of WGAN has 100 updates in the first 25 steps and each 500th, else 5")
  func wasserstein() {
    let schedule = UpdateSchedule.wasserstein
    var total = 0
    for step in 0..<1600 {
      #expect(schedule.updates(before: step) == total)
      let expected = step < 25 || step % 500 == 0 ? 100 : 5
      #expect(schedule.updates(in: step) == expected, "step \(step)")
      total += expected
    }
  }

  @Test("a constant number of updates adds up")
  func constant() {
    #expect(UpdateSchedule.constant(5).updates(in: 7) == 5)
    #expect(UpdateSchedule.constant(5).updates(before: 7) == 35)
  }

  @Test(
    "a level is trained by itself, the next one is faded in, the last stays",
    arguments: [
      (0, 1, 1.0), (99, 1, 1), (100, 2, 0), (125, 2, 0.5), (150, 2, 1), (249, 2, 1), (250, 3, 0),
      (299, 3, 0.98), (400, 3, 1), (1_000_000, 3, 1),
    ])
  func growth(imagesSeen: Int, level: Int, fade: Double) {
    let schedule = GrowthSchedule(
      startLevel: 1, finalLevel: 3, stableImages: 100, fadeImages: 50)
    let growth = schedule.growth(imagesSeen: imagesSeen)
    #expect(growth.level == level)
    #expect(abs(Double(growth.fade) - fade) < 1e-6)
  }

  @Test("real pictures are averaged to the level's size, and blurred as it fades in")
  func scaledPictures() {
    let pictures = SampleNoise(seed: 1, step: 0, phase: 0, samples: [0, 1])
      .uniform(.painting, shape: [16, 16, 3])
    #expect(Growth(level: 2).scaledDown(pictures).scalars == pictures.scalars)
    let half = Growth(level: 1).scaledDown(pictures)
    #expect(half.scalars == pictures.averagePooled(by: 2).scalars)
    let coarse = pictures.averagePooled(by: 4).upsampled(by: 2)
    for fade in [Float(0), 0.25] {
      let found = Growth(level: 1, fade: fade).scaledDown(pictures)
      for (found, (fine, coarse)) in zip(found.scalars, zip(half.scalars, coarse.scalars)) {
        #expect(abs(found - (fade * fine + (1 - fade) * coarse)) <= 1e-6)
      }
    }
  }
}
