// Whole numbers as accounting needs them: logarithms and quotients rounded up, products that do not trap.

extension Int {

  /// The number of bits that tell this many values apart: the logarithm to base 2, rounded up; 0 for
  /// numbers below 2.
  package var bitsToTellApart: Int {
    self < 2 ? 0 : Int.bitWidth - (self - 1).leadingZeroBitCount
  }

  /// Returns the quotient, rounded up.
  ///
  /// - Precondition: `self` is not negative, `divisor` is positive.
  package func dividedRoundingUp(by divisor: Int) -> Int {
    self == 0 ? 0 : (self - 1) / divisor + 1
  }

  /// Returns the product, or the largest number if it is larger: an extent beyond every capacity.
  ///
  /// - Precondition: neither is negative.
  package func saturatingProduct(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }

  /// Returns the sum, or the largest number if it is larger.
  ///
  /// - Precondition: neither is negative.
  package func saturatingSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
