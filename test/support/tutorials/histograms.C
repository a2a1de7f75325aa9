// Says how many entries histograms have and what their mean is: a line of TBufferJSON each, a line of answer each.
#include <cstdio>
#include <fstream>
#include <string>

#include "TBufferJSON.h"
#include "TH1.h"

void histograms(const char *from, const char *to)
{
   TH1::AddDirectory(false);
   std::ifstream in(from);
   std::FILE *out = std::fopen(to, "w");
   std::string line;
   while (std::getline(in, line)) {
      auto *histogram = dynamic_cast<TH1 *>(TBufferJSON::ConvertFromJSON(line.c_str()));
      if (histogram)
         std::fprintf(out, "%.9g entries, mean %.6g\n", histogram->GetEntries(), histogram->GetMean());
   }
   std::fclose(out);
}
