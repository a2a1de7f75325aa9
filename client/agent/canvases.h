// Which canvases are shown, and when. How one is drawn is in rendering.h.
#ifndef ROOTBOOK_CANVASES_H
#define ROOTBOOK_CANVASES_H

#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>

#include "TCanvas.h"
#include "TList.h"
#include "TROOT.h"
#include "TTimer.h"
#include "TVirtualPad.h"

#include "frames.h"

namespace rootbook {

/// A canvas as JSON for JSROOT, as PNG and in words.
struct Rendering {
   std::string json, png, text;
};
using Render = Rendering (*)(TCanvas &);

class Canvases {
public:
   /// @param renderer asked for when there is something to draw; it may have nothing that can.
   Canvases(Connection &connection, Render (*renderer)()) : fConnection(connection), fRenderer(renderer) {}

   /// Shows what was drawn or updated since the last time, as JupyROOT decides: a canvas that was only updated, and was
   /// shown before, changes in place.
   void Show(int cell)
   {
      Forget();
      TIter next(gROOT->GetListOfCanvases());
      while (TObject *object = next()) {
         auto *canvas = dynamic_cast<TCanvas *>(object);
         if (!canvas || !(canvas->IsDrawn() || canvas->IsUpdated()))
            continue;
         bool known = fIds.count(canvas) > 0;
         bool update = known && !canvas->IsDrawn();
         if (!update)
            fIds[canvas] = std::to_string(getpid()) + "." + std::to_string(++fCount);
         Send(cell, *canvas, update);
         canvas->ResetDrawn();
         canvas->ResetUpdated();
      }
   }

   /// TCanvas::Draw deletes another canvas of its name, even one that is a variable: a cell with `TCanvas c("c")` that runs again
   /// would free what was never allocated. The older one is taken off ROOT's list first, and lives as long as its variable.
   static void DropReplaced()
   {
      TSeqCollection *canvases = gROOT->GetListOfCanvases();
      for (TObject *newer = canvases->Last(), *older = nullptr; newer; newer = older) {
         older = canvases->Before(newer);
         TObject *first = canvases->FindObject(newer->GetName());
         if (first && first != newer && !first->IsOnHeap()) {
            canvases->Remove(first);
            older = newer;
         }
      }
   }

   /// While a cell runs, its canvases are shown whenever it lets ROOT process events, at most five times a second.
   void Watch(const int &cell)
   {
      fWatch.reset(new Timer(*this, cell));
      fWatch->TurnOn();
   }

private:
   class Timer : public TTimer {
   public:
      Timer(Canvases &canvases, const int &cell) : TTimer(200), fCanvases(canvases), fCell(cell) {}
      Bool_t Notify() override
      {
         if (fCell > 0)
            fCanvases.Show(fCell);
         Reset();
         return true;
      }

   private:
      Canvases &fCanvases;
      const int &fCell;
   };

   std::unique_ptr<Timer> fWatch;
   Connection &fConnection;
   Render (*fRenderer)();
   std::map<TCanvas *, std::string> fIds;
   int fCount = 0;

   /// Deleted canvases leave addresses that new ones may get.
   void Forget()
   {
      for (auto known = fIds.begin(); known != fIds.end();)
         known = gROOT->GetListOfCanvases()->FindObject(known->first) ? std::next(known) : fIds.erase(known);
   }

   void Send(int cell, TCanvas &canvas, bool update)
   {
      Inside inside;
      TVirtualPad *pad = gPad;
      Render render = fRenderer();
      if (!render)
         return;
      Rendering drawn = render(canvas);
      if (gPad != pad)
         gPad = pad;
      Frame frame("display");
      frame.Add("cell", cell).Add("id", fIds[&canvas]).Flag("update", update);
      frame.Add("json", double(drawn.json.size())).Add("png", double(drawn.png.size())).Add("text", drawn.text);
      fConnection.Send(frame.Add("bytes", double(drawn.json.size() + drawn.png.size())), drawn.json + drawn.png);
   }
};

} // namespace rootbook

#endif
