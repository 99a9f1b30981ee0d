import SpikeIR
import Testing

@testable import Driver

@Suite("Classifiers") struct ClassifierTests {

  @Test("takes the first of the largest outputs") func largest() throws {
    let classifier = try #require(Classifier([4], isProbability: false))
    #expect(classifier.classCount == 4)
    #expect(classifier.classify([0, 3, 3, 1]) == 1)
    #expect(classifier.classify([-1, -3, -3, -2]) == 0)
  }

  @Test("compares a single output with its threshold") func single() throws {
    let logit = try #require(Classifier([1], isProbability: false))
    #expect(logit.classCount == 2 && logit.classify([0.2]) == 1 && logit.classify([-0.2]) == 0)
    let probability = try #require(Classifier([1], isProbability: true))
    #expect(probability.classify([0.2]) == 0 && probability.classify([0.7]) == 1)
  }

  @Test("does not take images for classes") func images() {
    #expect(Classifier([2, 2, 3], isProbability: false) == nil)
    #expect(Classifier([1, 1, 3], isProbability: false)?.classCount == 3)
  }

  @Test("counts what is right") func accuracy() {
    #expect(Classifier.accuracy([1, 2, 3, 4], [1, 2, 0, 4]) == 0.75)
    #expect(Classifier.accuracy([1], nil) == nil)
  }
}
