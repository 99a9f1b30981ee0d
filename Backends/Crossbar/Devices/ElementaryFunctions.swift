// The functions of the C library that device models need.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Returns eˣ.
func exponential(_ x: Double) -> Double { exp(x) }

/// Returns ln x.
func naturalLogarithm(_ x: Double) -> Double { log(x) }
