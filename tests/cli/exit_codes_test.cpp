// SPDX-License-Identifier: Apache-2.0
// One test per documented exit code. 64 (usage) is in usage_test.cpp; 130 and 143 are in signals_test.cpp.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "cli/cli_test.hpp"

namespace tessera::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExitCodeTest : public CliTest {
 protected:
  /// Rights that the file system does not grant: another user for root, whom nothing is denied.
  [[nodiscard]] static CommandOptions without_rights() {
    CommandOptions options;
    if (::geteuid() == 0) options.user = 65534;
    return options;
  }
  /// Lets everyone reach the files of this test.
  void open_folder() const { ::chmod(folder_.path().c_str(), 0755); }
};

TEST_F(ExitCodeTest, DoneIs0) {
  const CommandResult result = expect_exit(0, {"segment", make_blobs(), "-o", path("run")});
  EXPECT_THAT(names(), ElementsAre("blobs.h5", "run"));
  for (const char* name : {"assignments.h5", "model.h5", "model.json", "summary.json", "segments.csv", "manifest.json"}) {
    EXPECT_TRUE(std::filesystem::exists(file("run") / name)) << name;
  }
  EXPECT_EQ(read_json(file("run/summary.json"))["k"], 3);
}

TEST_F(ExitCodeTest, BadDataIs65) {
  write_text("junk.h5", std::string(5000, '\x01'));
  const CommandResult result = expect_exit(65, {"segment", path("junk.h5"), "-o", path("run")});
  EXPECT_THAT(result.err, HasSubstr("tessera: "));
  EXPECT_THAT(result.err, HasSubstr("junk.h5"));
  EXPECT_THAT(names(), ElementsAre("junk.h5"));
}

TEST_F(ExitCodeTest, AbsentInputIs66) {
  for (const Arguments& arguments :
       {Arguments{"segment", path("none.h5"), "-o", path("run")}, Arguments{"inspect", path("none.h5")},
        Arguments{"score", path("model.h5"), path("none.h5"), "-o", path("out.h5")},
        Arguments{"convert", path("none.csv"), "-o", path("out.h5")},
        Arguments{"segment", folder_.path().string(), "-o", path("run")}}) {
    EXPECT_THAT(expect_exit(66, arguments).err, HasSubstr("\n  -> "));
  }
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(ExitCodeTest, UnavailableDeviceIs69AndNeverFallsBack) {
  const std::string table = make_blobs();
  CommandOptions options;
  options.environment.emplace_back("TESSERA_CUDA_MODULE", path("missing.so"));  // also where there is a GPU
  for (const char* device : {"cuda", "cuda:0"}) {
    EXPECT_THAT(expect_exit(69, {"segment", table, "-o", path("run"), "--device", device}, options).err,
                HasSubstr("--device cpu"));
  }
  EXPECT_THAT(names(), ElementsAre("blobs.h5"));
}

TEST_F(ExitCodeTest, MissingFilterIs69AndNamed) {
  const std::string table = TESSERA_TEST_DATA "/tables/blosc.h5";
  const CommandResult result = tessera({"inspect", table});
  if (result.exit_code == 0) GTEST_SKIP() << "the filter is installed here";
  EXPECT_EQ(result.exit_code, 69) << result.err;
  EXPECT_THAT(result.err, HasSubstr("blosc (id 32001)"));
  EXPECT_THAT(result.err, HasSubstr("HDF5_PLUGIN_PATH"));
  EXPECT_EQ(tessera({"segment", table, "-o", path("run")}).exit_code, 69);
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(ExitCodeTest, AutomaticDeviceSaysWhyItIsTheCpu) {
  const CommandResult result = expect_exit(0, {"segment", make_blobs(), "-o", path("run")});
  EXPECT_THAT(result.err, HasSubstr("using cpu"));
  EXPECT_THAT(result.err, HasSubstr("CUDA"));
}

TEST_F(ExitCodeTest, TooLittleMemoryIs71) {
  const std::string table = make_blobs("large.h5", 20'000);
  const CommandResult result = expect_exit(71, {"segment", table, "-o", path("run"), "--memory", "100K"});
  EXPECT_THAT(result.err, HasSubstr("--memory"));
  EXPECT_THAT(names(), ElementsAre("large.h5"));
}

TEST_F(ExitCodeTest, AllocationFailureIs71) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need more address space than this test allows";
#endif
  hdf5::FileWriter writer(file("wide.h5"));
  Matrix<double> values(60'000, 100);
  for (std::int64_t i = 0; i < values.rows(); ++i) {
    for (std::int64_t j = 0; j < values.columns(); ++j) values(i, j) = static_cast<double>((i * 7919 + j * 104729) % 1013);
  }
  writer.write("/features", std::as_const(values).view());
  writer.commit();
  const CommandResult result = expect_exit(
      71, {"segment", path("wide.h5"), "-o", path("run"), "--memory", "8G", "--threads", "1"}, {.address_bytes = 100'000'000});
  EXPECT_THAT(names(), ElementsAre("wide.h5"));
}

TEST_F(ExitCodeTest, ExistingOutputIs73AndStays) {
  const std::string table = make_blobs();
  (void)expect_exit(0, {"segment", table, "-o", path("run"), "-k", "2"});
  const std::string before = read_text(file("run/summary.json"));
  EXPECT_THAT(expect_exit(73, {"segment", table, "-o", path("run")}).err, HasSubstr("--force"));
  EXPECT_EQ(read_text(file("run/summary.json")), before);
  (void)expect_exit(0, {"segment", table, "-o", path("run"), "-k", "3", "--force"});
  EXPECT_EQ(read_json(file("run/summary.json"))["k"], 3);
  EXPECT_THAT(names(), ElementsAre("blobs.h5", "run"));

  write_text("out.h5", "mine");
  EXPECT_THAT(expect_exit(73, {"score", path("run/model.h5"), table, "-o", path("out.h5")}).err, HasSubstr("--force"));
  EXPECT_THAT(expect_exit(73, {"generate", "-o", path("out.h5"), "--rows", "10"}).err, HasSubstr("--force"));
  write_text("a.csv", "a\n1\n2\n");
  EXPECT_THAT(expect_exit(73, {"convert", path("a.csv"), "-o", path("out.h5")}).err, HasSubstr("--force"));
  EXPECT_EQ(read_text(file("out.h5")), "mine");
}

TEST_F(ExitCodeTest, OutputThatCannotBeMadeIs73) {
  const std::string table = make_blobs();
  write_text("a_file", "x");
  EXPECT_THAT(expect_exit(73, {"segment", table, "-o", path("a_file/run")}).err, HasSubstr("a_file"));
  EXPECT_THAT(expect_exit(73, {"generate", "-o", path("no/such/folder/t.h5"), "--rows", "10"}).err,
              HasSubstr("no/such/folder"));
  EXPECT_THAT(expect_exit(73, {"segment", table, "-o", path("run"), "--scratch", path("none")}).err, HasSubstr("--scratch"));
}

TEST_F(ExitCodeTest, TheInputIsNeverOverwritten) {
  const std::string table = make_blobs();
  (void)expect_exit(0, {"segment", table, "-o", path("run")});
  const std::string before = read_text(table);
  const std::string model = read_text(file("run/model.h5"));
  (void)expect_exit(73, {"score", path("run/model.h5"), table, "-o", table, "--force"});
  (void)expect_exit(73, {"score", path("run/model.h5"), table, "-o", path("run/model.h5"), "--force"});
  (void)expect_exit(73, {"segment", table, "-o", folder_.path().string(), "--force"});
  std::filesystem::create_symlink(table, file("link.h5"));
  (void)expect_exit(73, {"score", path("run/model.h5"), table, "-o", path("link.h5"), "--force"});
  write_text("new.csv", "x,y\n1,2\n3,4\n");
  (void)expect_exit(73, {"convert", path("new.csv"), "-o", path("new.csv"), "--force"});
  (void)expect_exit(73, {"score", path("run/model.h5"), path("new.csv"), "-o", path("new.h5"), "--csv", "--force"});
  EXPECT_EQ(read_text(table), before);
  EXPECT_EQ(read_text(file("run/model.h5")), model);
  EXPECT_EQ(read_text(file("new.csv")), "x,y\n1,2\n3,4\n");
}

TEST_F(ExitCodeTest, FullStandardOutputIs74) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const CommandOptions full = {.out_path = "/dev/full"};
  EXPECT_THAT(expect_exit(74, {"devices"}, full).err, HasSubstr("standard output"));
  (void)expect_exit(74, {"--help"}, full);
  (void)expect_exit(74, {"segment", make_blobs(), "-o", path("run"), "--json"}, full);
}

TEST_F(ExitCodeTest, BrokenPipeIs74) {
  EXPECT_THAT(expect_exit(74, {"devices"}, {.break_out_pipe = true}).err, HasSubstr("standard output"));
}

TEST_F(ExitCodeTest, ClosedStandardOutputIs74AndNoFileTakesItsPlace) {
  const CommandResult result = expect_exit(74, {"segment", make_blobs(), "-o", path("run")}, {.close_out = true});
  EXPECT_THAT(result.err, HasSubstr("standard output"));
}

TEST_F(ExitCodeTest, FullDiskIs74AndLeavesNothing) {
  const std::string table = make_blobs("blobs.h5", 50'000);
  const CommandResult result = expect_exit(74, {"segment", table, "-o", path("run")}, {.file_bytes = 200'000});
  EXPECT_THAT(result.err, HasSubstr("tessera: "));
  EXPECT_THAT(names(), ElementsAre("blobs.h5"));
  (void)expect_exit(74, {"generate", "-o", path("g.h5"), "--rows", "100000"}, {.file_bytes = 200'000});
  EXPECT_THAT(names(), ElementsAre("blobs.h5"));
}

/// A disk of a size of our choice, if the system lets us.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path where, const std::string& options) : where_(std::move(where)) {
    std::filesystem::create_directory(where_);
    mounted_ = ::mount("tmpfs", where_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::filesystem::path where_;
  bool mounted_ = false;
};

TEST_F(ExitCodeTest, ADiskThatFillsUpIs74AndStaysEmpty) {
  const SmallDisk disk(file("disk"), "size=256k");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount a file system here";
  const std::string table = make_blobs("blobs.h5", 50'000);
  EXPECT_THAT(expect_exit(74, {"segment", table, "-o", path("disk/run"), "-k", "3"}).err, HasSubstr("space"));
  (void)expect_exit(74, {"generate", "-o", path("disk/g.h5"), "--rows", "100000"});
  std::string text = "a,b\n";
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i * 7919 % 100'003) + "," + std::to_string(i) + ".5\n";
  write_text("t.csv", text);
  (void)expect_exit(74, {"convert", path("t.csv"), "-o", path("disk/t.h5")});
  EXPECT_THAT(expect_exit(74, {"segment", path("t.csv"), "-o", path("run"), "--scratch", path("disk")}).err,
              HasSubstr("--scratch"));
  EXPECT_TRUE(std::filesystem::is_empty(file("disk")));
  EXPECT_FALSE(std::filesystem::exists(file("run")));
}

TEST_F(ExitCodeTest, DeniedIs77) {
  const std::string table = make_blobs();
  open_folder();
  std::filesystem::create_directory(file("closed"));
  ::chmod(path("closed").c_str(), 0555);
  EXPECT_THAT(expect_exit(77, {"segment", table, "-o", path("closed/run")}, without_rights()).err, HasSubstr("closed"));
  EXPECT_THAT(expect_exit(77, {"generate", "-o", path("closed/t.h5"), "--rows", "10"}, without_rights()).err,
              HasSubstr("closed"));
  ::chmod(table.c_str(), 0000);
  EXPECT_THAT(expect_exit(77, {"inspect", table}, without_rights()).err, HasSubstr("blobs.h5"));
  EXPECT_TRUE(std::filesystem::is_empty(file("closed")));
}

TEST_F(ExitCodeTest, ContradictingOptionsAre78) {
  const std::string table = make_blobs();
  for (const Arguments& more : {Arguments{"--features", "nothing*"}, Arguments{"--outlier-quantile", "2"},
                                Arguments{"--least-share", "1.5"}, Arguments{"--tol", "nan"}, Arguments{"--device", "abacus"},
                                Arguments{"--cpu-level", "mmx"}, Arguments{"--id", "customer_id,x"}}) {
    Arguments all = {"segment", table, "-o", path("run")};
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_THAT(expect_exit(78, all).err, HasSubstr("tessera: ")) << ::testing::PrintToString(more);
  }
  EXPECT_THAT(names(), ElementsAre("blobs.h5"));
}

}  // namespace
}  // namespace tessera::testing
