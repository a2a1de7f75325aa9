// Objects of a part of the stack that was left by a long jump: their destructors never run, and ROOT's lists still name them.
#ifndef ROOTBOOK_ABANDONED_H
#define ROOTBOOK_ABANDONED_H

#include <vector>

#include "TCollection.h"
#include "TDirectory.h"
#include "TList.h"
#include "TROOT.h"
#include "TVirtualPad.h"

namespace rootbook {

/// Takes what lies in [low, high) off ROOT's lists, without looking at the objects: they may be overwritten by now.
class Abandoned {
public:
   Abandoned(const void *low, const void *high)
      : fLow(static_cast<const char *>(low)), fHigh(static_cast<const char *>(high))
   {
   }

   void Forget() const
   {
      if (Contains(gDirectory))
         gROOT->cd();
      if (Contains(gPad))
         gPad = nullptr;
      for (TCollection *all : {static_cast<TCollection *>(gROOT->GetListOfCleanups()), static_cast<TCollection *>(gROOT->GetListOfFiles()),
                               static_cast<TCollection *>(gROOT->GetListOfCanvases()), static_cast<TCollection *>(gROOT->GetListOfFunctions()),
                               static_cast<TCollection *>(gROOT->GetListOfSpecials())})
         ForgetIn(all);
      ForgetBelow(gROOT);
      for (TObject *file : *gROOT->GetListOfFiles())
         if (auto *directory = dynamic_cast<TDirectory *>(file))
            ForgetBelow(directory);
   }

private:
   const char *fLow, *fHigh;

   bool Contains(const void *object) const
   {
      auto *at = static_cast<const char *>(object);
      return at >= fLow && at < fHigh;
   }

   void ForgetBelow(TDirectory *directory) const
   {
      ForgetIn(directory->GetList());
      for (TObject *object : *directory->GetList())
         if (auto *inner = dynamic_cast<TDirectory *>(object))
            if (inner != directory)
               ForgetBelow(inner);
   }

   /// Removing one object would ask it for its name, so the list is made anew.
   void ForgetIn(TCollection *all) const
   {
      auto *list = dynamic_cast<TList *>(all);
      if (!list)
         return;
      std::vector<std::pair<TObject *, TString>> kept;
      bool any = false;
      for (TObjLink *link = list->FirstLink(); link; link = link->Next()) {
         if (Contains(link->GetObject()))
            any = true;
         else
            kept.emplace_back(link->GetObject(), link->GetOption());
      }
      if (!any)
         return;
      list->Clear("nodelete");
      for (auto &each : kept)
         list->Add(each.first, each.second);
   }
};

} // namespace rootbook

#endif
