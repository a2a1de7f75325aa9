// Gives cells to the ROOT prompt in order, as if they were typed: root.exe -l -b -q prompt.C
//
// The file `cells.txt` holds them, each ended by a record separator; `answers.txt` gets a word for each: whether the prompt
// accepted it, or it does not compile or throws. One that ends ROOT gets none.
#include <exception>
#include <fstream>
#include <string>

#include "TROOT.h"

void prompt()
{
   std::ifstream cells("cells.txt");
   std::ofstream answers("answers.txt");
   std::string cell;
   while (std::getline(cells, cell, '\x1e')) {
      Int_t error = 0;
      try {
         gROOT->ProcessLine(cell.c_str(), &error);
      } catch (...) {
         error = -1;
      }
      answers << (error == 0 ? "accepted" : "rejected") << std::endl;
   }
}
