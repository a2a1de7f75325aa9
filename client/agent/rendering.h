// How a canvas is drawn. Apart from the rest because it takes cling long: an interpreted runner loads it at the first canvas.
#ifndef ROOTBOOK_RENDERING_H
#define ROOTBOOK_RENDERING_H

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>

#include "TBufferJSON.h"
#include "TCanvas.h"
#include "TColor.h"
#include "TError.h"
#include "TF1.h"
#include "TGraph.h"
#include "TH1.h"
#include "TList.h"
#include "TObjArray.h"
#include "TROOT.h"
#include "TStyle.h"
#include "TVirtualPad.h"

#include "canvases.h"

namespace rootbook {

class Renderer {
public:
   static Rendering Draw(TCanvas &canvas)
   {
      Rendering drawn;
      drawn.png = ToPng(canvas);
      drawn.json = ToJson(canvas);
      drawn.text = ToText(canvas);
      return drawn;
   }

private:
   /// A canvas alone does not say how ROOT draws it: JSROOT takes the style, colours that are not ROOT's own and the palette
   /// from among its primitives, where JupyROOT puts them as well.
   static std::string ToJson(TCanvas &canvas)
   {
      TList *primitives = canvas.GetListOfPrimitives();
      auto *colors = dynamic_cast<TObjArray *>(gROOT->GetListOfColors());
      TObjArray palette;
      palette.SetName("CurrentColorPalette");
      primitives->Add(gStyle);
      if (colors && colors->GetEntries() > 598) { // more than ROOT starts with
         const TArrayI &numbers = TColor::GetPalette();
         for (int i = 0; i < numbers.GetSize(); ++i)
            palette.Add(gROOT->GetColor(numbers[i]));
         primitives->Add(colors);
         primitives->Add(&palette);
      }
      TColor::DefinedColors(); // else the conversion leaves out colours that it wrote before
      std::string json = TBufferJSON::ToJSON(&canvas, 23).Data();
      primitives->Remove(&palette);
      primitives->Remove(colors);
      primitives->Remove(gStyle);
      return json;
   }

   static std::string ToPng(TCanvas &canvas)
   {
      const char *folder = std::getenv("TMPDIR");
      std::string path = std::string(folder ? folder : "/tmp") + "/rootbook-XXXXXX.png";
      int fd = mkstemps(&path[0], 4); // readable by nobody else
      if (fd < 0)
         return "";
      close(fd);
      Int_t level = gErrorIgnoreLevel;
      gErrorIgnoreLevel = kFatal; // without image libraries there is no PNG, and "file created" is no news
      canvas.SaveAs(path.c_str());
      gErrorIgnoreLevel = level;
      std::ifstream file(path, std::ios::binary);
      std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      unlink(path.c_str());
      return bytes;
   }

   static std::string ToText(TCanvas &canvas)
   {
      std::string text = std::string("Canvas ") + canvas.GetName();
      if (*canvas.GetTitle() && std::string(canvas.GetTitle()) != canvas.GetName())
         text += std::string(": ") + canvas.GetTitle();
      Describe(canvas, text, 0);
      return text;
   }

   static void Describe(TVirtualPad &pad, std::string &text, int depth)
   {
      TIter next(pad.GetListOfPrimitives());
      while (TObject *object = next()) {
         if (auto *inner = dynamic_cast<TVirtualPad *>(object)) {
            if (depth < 8)
               Describe(*inner, text, depth + 1);
         } else if (auto *histogram = dynamic_cast<TH1 *>(object))
            text += "\n" + Line(*object) + Statistics(*histogram) + Functions(histogram->GetListOfFunctions());
         else if (auto *graph = dynamic_cast<TGraph *>(object))
            text += "\n" + Line(*object) + ": " + std::to_string(graph->GetN()) + " points" +
                    Functions(graph->GetListOfFunctions());
         else if (auto *function = dynamic_cast<TF1 *>(object))
            text += "\n" + Line(*object) + Parameters(*function);
      }
   }

   static std::string Line(TObject &object)
   {
      std::string line = std::string(object.ClassName()) + " " + object.GetName();
      if (*object.GetTitle() && std::string(object.GetTitle()) != object.GetName())
         line += std::string(" \"") + object.GetTitle() + "\"";
      return line;
   }

   static std::string Digits(double number)
   {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.5g", number);
      return digits;
   }

   static std::string Statistics(TH1 &histogram)
   {
      std::string text = ": " + Digits(histogram.GetEntries()) + " entries";
      const char *axes[] = {" x", " y", " z"};
      for (int axis = 1; axis <= histogram.GetDimension(); ++axis) {
         std::string name = histogram.GetDimension() > 1 ? axes[axis - 1] : "";
         text += ", mean" + name + " " + Digits(histogram.GetMean(axis)) + ", std dev" + name + " " +
                 Digits(histogram.GetStdDev(axis));
      }
      return text;
   }

   static std::string Parameters(TF1 &function)
   {
      std::string text = function.GetNpar() > 0 ? ":" : "";
      for (int i = 0; i < function.GetNpar(); ++i) {
         text += std::string(i ? ", " : " ") + function.GetParName(i) + " " + Digits(function.GetParameter(i));
         if (function.GetParError(i) > 0)
            text += " ± " + Digits(function.GetParError(i));
      }
      return text;
   }

   static std::string Functions(TList *functions)
   {
      std::string text;
      TIter next(functions);
      while (TObject *object = next())
         if (auto *function = dynamic_cast<TF1 *>(object))
            text += "\n" + Line(*function) + Parameters(*function);
      return text;
   }
};

inline Rendering renderCanvas(TCanvas &canvas)
{
   return Renderer::Draw(canvas);
}

} // namespace rootbook

#endif
