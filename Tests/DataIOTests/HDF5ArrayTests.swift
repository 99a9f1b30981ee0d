import Diagnostics
import HDF5
import SpikeIR
import Testing

@testable import DataIO

@Suite("HDF5 datasets") struct HDF5ArrayTests {

  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("reads bytes, integers and floating point by samples") func reads() throws {
    let path = "\(folder.path)/a.h5"
    let file = try HDF5Writer(creatingAt: path)
    try file.write((0..<12).map { Float($0) / 2 }, extents: [3, 2, 2], to: "/x")
    try file.createGroup("/g")
    try file.write((0..<6).map { UInt8($0) }, extents: [6], to: "/g/y")
    try file.close()
    #expect(try open("\(path):/x").values == (0..<12).map { Float($0) / 2 })
    let bytes = try open("\(path):/g/y")
    #expect(bytes.kind == .uint8 && bytes.values == [0, 1, 2, 3, 4, 5])
    #expect(try Labels(reading: "\(path):g/y").classes == [0, 1, 2, 3, 4, 5])
    let several = diagnostic { _ = try open(path) }
    #expect(several?.id == "data.choose-member")
    #expect(several?.message.contains("'/g/y', '/x'") == true)
    #expect(diagnostic { _ = try open("\(path):/z") }?.id == "hdf5.not-found")
    #expect(diagnostic { _ = try open("\(path):/g") }?.id == "hdf5.bad-dataset")
  }
}
