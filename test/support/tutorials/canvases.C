// Says what canvases hold: one line for each pad, histogram, graph and function, in the order in which they are drawn.
//
//   root.exe -l -b -q tutorial.C canvases.C
//
// The text goes into the file that ROOTBOOK_CANVASES names.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "TCanvas.h"
#include "TF1.h"
#include "TGraph.h"
#include "TH1.h"
#include "THStack.h"
#include "TList.h"
#include "TROOT.h"

namespace rootbook_tutorials {

void describe(std::FILE *to, TObject *object, int depth)
{
   auto line = [&](const std::string &more) {
      std::fprintf(to, "%*s%s %s%s\n", depth, "", object->ClassName(), object->GetName(), more.c_str());
   };
   auto describeAll = [&](TList *list) {
      line("");
      TIter next(list);
      while (TObject *inner = next())
         describe(to, inner, depth + 1);
   };
   if (auto *pad = dynamic_cast<TVirtualPad *>(object))
      describeAll(pad->GetListOfPrimitives());
   else if (auto *stack = dynamic_cast<THStack *>(object))
      describeAll(stack->GetHists());
   else if (auto *histogram = dynamic_cast<TH1 *>(object)) {
      char numbers[80];
      std::snprintf(numbers, sizeof numbers, ": %.9g entries, mean %.6g", histogram->GetEntries(), histogram->GetMean());
      line(numbers);
   } else if (auto *graph = dynamic_cast<TGraph *>(object))
      line(": " + std::to_string(graph->GetN()) + " points");
   else if (dynamic_cast<TF1 *>(object))
      line("");
}

} // namespace rootbook_tutorials

void canvases()
{
   std::FILE *to = std::fopen(std::getenv("ROOTBOOK_CANVASES"), "w");
   for (TObject *canvas : *gROOT->GetListOfCanvases())
      rootbook_tutorials::describe(to, canvas, 0);
   std::fclose(to);
}
