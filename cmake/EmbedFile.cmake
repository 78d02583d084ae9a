# SPDX-License-Identifier: Apache-2.0
# cmake -DINPUT=file -DOUTPUT=file.cpp -DHEADER=header -DNAME=symbol -P EmbedFile.cmake: the file's bytes as the function
# std::string_view tessera::embedded::NAME(), which HEADER declares.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Made from ${INPUT} by cmake/EmbedFile.cmake.
#include \"${HEADER}\"

namespace tessera::embedded {
namespace {
constexpr unsigned char kBytes[] = {
${bytes}0};
}  // namespace
std::string_view ${NAME}() { return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes) - 1}; }
}  // namespace tessera::embedded
")
