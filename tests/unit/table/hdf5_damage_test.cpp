// SPDX-License-Identifier: Apache-2.0
// Damaged files: whatever is in them, opening and reading ends in an Error or in cells, not in a crash and not never.
#include <gtest/gtest.h>

#include "damage.hpp"
#include "support/temporary_folder.hpp"

namespace tessera {
namespace {

const std::string kFolder = std::string(TESSERA_TEST_DATA) + "/tables/";
using testing::Outcome;

class DamagedFile : public ::testing::TestWithParam<const char*> {};

TEST_P(DamagedFile, CutShortIsADataError) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "cut.h5").string();
  const std::string whole = testing::load_bytes(kFolder + GetParam());
  ASSERT_FALSE(whole.empty());
  constexpr std::size_t kCuts = 40;
  for (std::size_t i = 0; i < kCuts; ++i) {
    // Evenly spread, and close to the end.
    const std::size_t length = i < 8 ? whole.size() - 1 - i * i * 16 : i * whole.size() / kCuts;
    testing::store_bytes(path, whole.substr(0, length));
    try {
      static_cast<void>(open_hdf5_table(path, {}, testing::kDamagedLimits));
      ADD_FAILURE() << "opened after " << length << " of " << whole.size() << " bytes";
    } catch (const DataError& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_data);
    }
  }
}

TEST_P(DamagedFile, WithFlippedBytesIsReadOrRefused) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "flipped.h5").string();
  const std::string whole = testing::load_bytes(kFolder + GetParam());
  testing::Sequence sequence(11);
  constexpr int kFiles = 60;
  int refused = 0;
  for (int i = 0; i < kFiles; ++i) {
    testing::store_bytes(path, testing::flip_bytes(whole, sequence, 4));
    refused += testing::try_file(path) == Outcome::refused ? 1 : 0;
  }
  EXPECT_GT(refused, 0) << "no flip did any harm, so this proves nothing";
}

INSTANTIATE_TEST_SUITE_P(Layouts, DamagedFile,
                         ::testing::Values("matrix.h5", "columns.h5", "compound.h5", "pandas_fixed.h5", "pandas_table.h5",
                                           "dense.h5ad", "sibling_names.h5"),
                         testing::name_of_file);

TEST(DamagedSignature, JunkBehindTheSignatureIsADataError) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "junk.h5").string();
  testing::Sequence sequence(3);
  std::string bytes = "\x89HDF\r\n\x1a\n";
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(sequence.next()));
  testing::store_bytes(path, bytes);
  EXPECT_THROW(static_cast<void>(open_hdf5_table(path, {}, testing::kDamagedLimits)), DataError);
}

}  // namespace
}  // namespace tessera
