import Driver
import Foundation
import Testing

@Suite("JSON") struct JSONTests {

  @Test("keeps the order of keys and prints one line") func order() {
    let value: JSON = ["b": .integer(1), "a": .array([.null, .bool(true)]), "c": [:]]
    #expect(value.text == #"{"b":1,"a":[null,true],"c":{}}"#)
  }

  @Test("escapes what JSON does not take") func escapes() throws {
    let hard = "\"\\\n\t\r\u{1}\u{7F}é😀"
    let text = JSON.string(hard).text
    #expect(text == #""\"\\\n\t\r\u0001\u007fé😀""#)
    let parsed = try JSONSerialization.jsonObject(with: Data("[\(text)]".utf8)) as? [String]
    #expect(parsed == [hard])
  }

  @Test("prints numbers so that they are read back", arguments: [0.1, -1e-300, 1e22, 3, 0.9215])
  func numbers(x: Double) throws {
    let parsed = try JSONSerialization.jsonObject(with: Data("[\(JSON.number(x).text)]".utf8))
    #expect(parsed as? [Double] == [x])
  }

  @Test("prints null for what is not known or not finite") func unknown() {
    #expect(JSON.number(.nan).text == "null" && JSON.number(.infinity).text == "null")
    #expect(JSON(nil as Double?).text == "null" && JSON(nil as String?).text == "null")
    #expect(JSON(nil as Int?).text == "null")
  }

  @Test("prints 32-bit numbers with the digits that they need") func floats() {
    #expect(JSON([0.1, 1] as [Float]).text == "[0.1,1.0]")
  }
}
